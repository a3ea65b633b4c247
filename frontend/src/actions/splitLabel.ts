import { uuid7 } from "../api/uuid";
import { selectedLabel } from "../state/labels";
import { notify } from "../state/notices";
import { countWords } from "../state/words";
import { sendMyEdit } from "./myEdit";
import { changeHindrance } from "./refine";

/** Why no label can be split now; null where the selected one can. */
export function splitHindrance(): string | null {
  const label = selectedLabel.value;
  return label === null ? "Select the label to split first." : changeHindrance(label);
}

/**
 * Splits the selected label at a line of [x_map, y_map], as one edit. Resolves with whether it is
 * split: a line that does not part it is refused and told of.
 */
export async function splitLabel(line: readonly (readonly number[])[]): Promise<boolean> {
  const label = selectedLabel.peek();
  const hindrance = splitHindrance();
  if (label === null || hindrance !== null) {
    notify(hindrance ?? "");
    return false;
  }
  const done = await sendMyEdit(
    {
      kind: "split",
      uid: uuid7(),
      label: label.uid,
      base_revision: label.revision,
      line: line.map(([x = 0, y = 0]) => [x, y]),
    },
    `Split #${label.number}.`,
    ({ labels }) => `Split #${label.number} into ${countWords(labels.length, "label", "labels")}.`,
  );
  return done !== null;
}
