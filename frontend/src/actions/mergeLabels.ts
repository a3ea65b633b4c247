import type { Label } from "../api/client";
import { uuid7 } from "../api/uuid";
import { select, selectedLabels } from "../state/labels";
import { notify } from "../state/notices";
import { mayManage } from "../state/project";
import { me } from "../state/session";
import { countWords } from "../state/words";
import { sendMyEdit } from "./myEdit";
import { changeHindrance } from "./refine";

/** Why the selected labels cannot be merged; null when they can. */
export function mergeHindrance(): string | null {
  const [kept, ...others] = byNumber(selectedLabels.value);
  if (kept === undefined || others.length === 0) return "Select two labels or more first.";
  for (const label of [kept, ...others]) {
    const hindrance = changeHindrance(label);
    if (hindrance !== null) return hindrance;
    if (label.label_class !== kept.label_class) return "Give all of them one class first.";
    if (label.layer !== kept.layer) return "Choose labels of one layer.";
  }
  const theirs = others.find((label) => label.created_by.uid !== me.value?.uid);
  return theirs === undefined || mayManage.value
    ? null
    : `#${theirs.number} is ${theirs.created_by.display_name}'s. Ask them, or a manager.`;
}

/** Makes one label of the selected ones as one edit: the one with the lowest number stays. */
export function mergeLabels(): void {
  const chosen = byNumber(selectedLabels.peek());
  const [kept] = chosen;
  const hindrance = mergeHindrance();
  if (hindrance !== null || kept === undefined) {
    notify(hindrance ?? "");
    return;
  }
  const labels = chosen.map((label) => ({ label: label.uid, base_revision: label.revision }));
  const words = `Merged ${countWords(chosen.length, "label", "labels")} into #${kept.number}.`;
  void sendMyEdit({ kind: "merge", uid: uuid7(), labels }, words);
  select([kept.uid]);
}

function byNumber(labels: readonly Label[]): readonly Label[] {
  return [...labels].sort((one, other) => one.number - other.number);
}
