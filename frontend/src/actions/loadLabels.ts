/** Keeps the labels in view loaded: a wider box than is seen, fetched again when the view leaves it. */

import { api, type Box } from "../api/client";
import { labelsTruncated, putLabelsOfBox } from "../state/labels";
import { project } from "../state/project";
import { place } from "../state/view";
import { report } from "./report";

/** Fetched on each side of what is seen, as a part of its width and height. */
const MARGIN = 0.5;

let loaded: { readonly project: string; readonly box: Box } | null = null;
let running: AbortController | null = null;

export function widened(box: Box, by: number): Box {
  const [width, height] = [box[2] - box[0], box[3] - box[1]];
  return [box[0] - width * by, box[1] - height * by, box[2] + width * by, box[3] + height * by];
}

function within(inner: Box, outer: Box): boolean {
  return (
    inner[0] >= outer[0] && inner[1] >= outer[1] && inner[2] <= outer[2] && inner[3] <= outer[3]
  );
}

/** True when what was loaded does not serve what is seen: it left the box, or the list was cut short. */
export function mustLoad(seen: Box, had: Box | null, truncated: boolean): boolean {
  if (had === null || !within(seen, had)) return true;
  // After a zoom in, a list that was cut short for the wider view may now be whole.
  return truncated && seen[2] - seen[0] < (had[2] - had[0]) / (1 + 2 * MARGIN) / 1.5;
}

export function loadLabelsInView(): void {
  const uid = project.peek()?.uid;
  const seen = place.peek()?.extent;
  if (uid === undefined || seen === undefined) return;
  const had = loaded?.project === uid ? loaded.box : null;
  if (mustLoad(seen, had, labelsTruncated.peek())) void load(uid, widened(seen, MARGIN));
}

/** Fetches what is in view again, whatever was known. */
export async function reloadLabels(): Promise<void> {
  loaded = null;
  const uid = project.peek()?.uid;
  const seen = place.peek()?.extent;
  if (uid !== undefined && seen !== undefined) await load(uid, widened(seen, MARGIN));
}

async function load(uid: string, box: Box): Promise<void> {
  running?.abort();
  const mine = new AbortController();
  running = mine;
  loaded = { project: uid, box };
  try {
    const found = await api.labelsIn(uid, box, mine.signal);
    if (project.peek()?.uid === uid) putLabelsOfBox(found.labels, box, found.truncated);
  } catch (error) {
    if (mine.signal.aborted) return;
    loaded = null;
    report(error);
  }
}
