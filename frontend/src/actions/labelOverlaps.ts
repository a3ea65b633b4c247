import { api, type Edit, type Label, type Overlap } from "../api/client";
import { labels, select } from "../state/labels";
import { type NoticeAction, notify } from "../state/notices";
import { overlapWords } from "../state/overlapWords";
import { preferences } from "../state/preferences";
import { project } from "../state/project";
import { showLabel } from "./show";

/** The labels that share ground with a label, the largest share first. */
export async function loadLabelOverlaps(uid: string): Promise<readonly Overlap[]> {
  const open = project.peek();
  return open === null ? [] : api.labelOverlaps(open.uid, uid);
}

/** What may be done about the labels that a label lies on. */
export type Offers = (label: Label, found: readonly Overlap[]) => readonly NoticeAction[];

/**
 * Says so where a label that was just drawn lies on others, unless the project allows it; when the
 * server is away, nothing.
 */
export async function tellOfOverlaps(label: Label, offers: Offers = () => []): Promise<void> {
  if (project.peek()?.settings.overlaps === "allowed") return;
  const found = await loadLabelOverlaps(label.uid).catch(() => []);
  if (found.length === 0) return;
  const shown = overlapWords(found, preferences.peek().areaUnit);
  notify(`#${label.number} lies on ${shown}.`, [
    ...offers(label, found),
    { title: "Show", run: () => show(label.uid) },
  ]);
}

/** The same after an undo or redo: it never cuts, and what it restores may lie on newer labels. */
export function tellOfRestored(edit: Edit): void {
  const [label, ...others] = edit.labels;
  const isRestored = ["reshape", "restore", "cut"].includes(edit.kind);
  if (isRestored && label?.deleted === false && others.length === 0) void tellOfOverlaps(label);
}

function show(uid: string): void {
  const label = labels.peek().get(uid);
  if (label === undefined) return;
  select([uid]);
  showLabel(label);
}
