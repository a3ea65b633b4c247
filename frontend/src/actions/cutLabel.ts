import { api, type Label, type Overlap } from "../api/client";
import { uuid7 } from "../api/uuid";
import { labels } from "../state/labels";
import { type NoticeAction, notify } from "../state/notices";
import { project } from "../state/project";
import { sendMyEdit } from "./myEdit";
import { changeHindrance } from "./refine";
import { report } from "./report";

/** Takes from a label what lies on others, which keep their ground: one edit. */
export async function cutLabel(uid: string, at: readonly string[]): Promise<void> {
  const label = labels.peek().get(uid) ?? (await fetched(uid));
  if (label === null) return;
  const hindrance = changeHindrance(label);
  if (hindrance !== null) {
    notify(hindrance);
    return;
  }
  await sendMyEdit(
    { kind: "cut", uid: uuid7(), label: uid, base_revision: label.revision, at: [...at] },
    `Cut #${label.number}.`,
  );
}

/** For a label that lies on others: to cut it at all of them, or the only other one at it. */
export function cutOffers(label: Label, found: readonly Overlap[]): readonly NoticeAction[] {
  const offer = (uid: string, number: number, at: readonly string[]): NoticeAction => ({
    title: `Cut #${number}`,
    run: () => void cutLabel(uid, at),
  });
  const others = found.map((one) => one.label);
  const [only, ...more] = found;
  return [
    offer(label.uid, label.number, others),
    ...(only !== undefined && more.length === 0
      ? [offer(only.label, only.number, [label.uid])]
      : []),
  ];
}

/** A label that is not in view: one that lies on another may be only partly there. */
async function fetched(uid: string): Promise<Label | null> {
  const open = project.peek();
  if (open === null) return null;
  try {
    return await api.label(open.uid, uid);
  } catch (error) {
    report(error);
    return null;
  }
}
