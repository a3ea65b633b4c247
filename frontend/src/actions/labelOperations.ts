/** Commands on selected labels and on classes. */

import { draft } from "../state/draft";
import { selectedLabel, selectedLabels } from "../state/labels";
import { mayLabel, usableClasses } from "../state/project";
import { drawnPoints, FEWEST_POINTS, requestClassSearch, sketching, tool } from "../state/tool";
import { askMap } from "../state/view";
import { chooseClassByKey, toggleCertainty } from "./classify";
import { deleteLabels } from "./deleteLabels";
import { mergeHindrance, mergeLabels } from "./mergeLabels";
import { type Operation, operationOf } from "./operation";
import { changeHindrance, startRefining } from "./refine";
import { takeBackPoint } from "./takeBackPoint";

function selectionHindrance(): string | null {
  if (selectedLabels.value.length === 0) return "Select a label first.";
  return selectedLabels.value.map(changeHindrance).find((sentence) => sentence !== null) ?? null;
}

export const labelOperations: readonly Operation[] = [
  operationOf({
    id: "label.refine",
    title: "Refine by clicks",
    group: "label",
    key: "S",
    available: () => selectedLabel.value !== null && mayLabel.value,
    disabled: () =>
      draft.value === null ? selectionHindrance() : "Save or discard the draft first.",
    run: startRefining,
  }),
  operationOf({
    id: "label.merge",
    title: "Merge into one",
    group: "label",
    keys: ["m"],
    available: () => selectedLabels.value.length > 1 && mayLabel.value,
    disabled: mergeHindrance,
    run: mergeLabels,
  }),
  operationOf({
    id: "label.delete",
    title: "Delete",
    group: "label",
    keys: ["Delete"],
    modes: ["label", "crosshair"],
    available: () => mayLabel.value,
    disabled: selectionHindrance,
    run: deleteLabels,
  }),
  operationOf({
    id: "draw.finish",
    title: "End what is drawn and save it",
    group: "label",
    keys: ["Enter"],
    modes: ["draw"],
    available: () => sketching.value,
    disabled: () =>
      drawnPoints.value < FEWEST_POINTS[tool.value === "split" ? "split" : "draw"]
        ? `Draw ${tool.value === "split" ? "two" : "three"} points first.`
        : null,
    run: () => askMap({ kind: "finishDrawing" }),
  }),
  operationOf({
    id: "draw.takeBackPoint",
    title: "Take back the last point",
    group: "label",
    keys: ["Backspace"],
    modes: ["draw"],
    available: () => sketching.value,
    disabled: () => (drawnPoints.value === 0 ? "There is no point to take back." : null),
    run: takeBackPoint,
  }),
  operationOf({
    id: "vertex.remove",
    title: "Take out the vertex under the pointer",
    group: "label",
    keys: ["Delete", "Backspace"],
    modes: ["vertices"],
    available: () => tool.value === "vertices",
    run: () => askMap({ kind: "removeVertex" }),
  }),
];

export const classOperations: readonly Operation[] = [
  ...[1, 2, 3, 4, 5, 6, 7, 8, 9].map((key) =>
    operationOf({
      id: `class.${key}`,
      title: `Class under ${key}`,
      group: "class",
      keys: [String(key)],
      available: () => mayLabel.value && usableClasses.value.some((one) => one.key === key),
      run: () => chooseClassByKey(key),
    }),
  ),
  operationOf({
    id: "certainty.toggle",
    title: "Sure or possible",
    group: "class",
    keys: ["0"],
    available: () => mayLabel.value,
    run: toggleCertainty,
  }),
  operationOf({
    id: "class.search",
    title: "Search classes",
    group: "class",
    keys: ["/"],
    run: requestClassSearch,
  }),
];
