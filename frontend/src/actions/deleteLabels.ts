import { uuid7 } from "../api/uuid";
import { select, selectedLabels } from "../state/labels";
import { notify } from "../state/notices";
import { countWords } from "../state/words";
import { sendMyEdit } from "./myEdit";
import { changeHindrance } from "./refine";

/** Deletes the selected labels as one edit; Undo brings them back under their numbers. */
export function deleteLabels(): void {
  const chosen = selectedLabels.peek();
  const [first] = chosen;
  if (first === undefined) return;
  const hindrance = chosen.map(changeHindrance).find((sentence) => sentence !== null);
  if (hindrance !== undefined) {
    notify(hindrance ?? "");
    return;
  }
  const words =
    chosen.length === 1
      ? `Deleted #${first.number}.`
      : `Deleted ${countWords(chosen.length, "label", "labels")}.`;
  const labels = chosen.map((label) => ({ label: label.uid, base_revision: label.revision }));
  void sendMyEdit({ kind: "delete", uid: uuid7(), labels }, words);
  select([]);
}
