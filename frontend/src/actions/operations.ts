/** Every command once: tool bar, menus, shortcuts and help are made from this list. */

import { canRedoClick, canUndoClick, computing, draft } from "../state/draft";
import { startedInside } from "../state/draftBar";
import { nextRedo, nextUndo } from "../state/history";
import { selectedLabel, selectedLabels } from "../state/labels";
import { mayLabel, usableClasses } from "../state/project";
import { reviewed } from "../state/review";
import {
  crosshair,
  type Mode,
  requestClassSearch,
  setCrosshair,
  setGoToOpen,
  setHelpOpen,
  setSpacePanning,
  setTool,
  type Tool,
  togglePanel,
  tool,
} from "../state/tool";
import {
  askMap,
  cycleFill,
  cycleLayer,
  cycleView,
  labelsVisible,
  setLabelsVisible,
  setVectorsHidden,
} from "../state/view";
import { chooseClassByKey, toggleCertainty } from "./classify";
import { deleteLabels } from "./deleteLabels";
import { discardDraft } from "./discardDraft";
import { changeHindrance, editInstead, startRefining } from "./refine";
import {
  accept,
  askReturn,
  decideHindrance,
  fixReviewed,
  nextInReview,
  previousInReview,
} from "./review";
import { saveDraft, saveHindrance } from "./saveDraft";
import { stepBack } from "./stepBack";
import { stopPasses } from "./stopPasses";
import { redo, undo } from "./undo";

export type Group = "tool" | "draft" | "label" | "class" | "map" | "review" | "page";

export interface Operation {
  readonly id: string;
  readonly title: string;
  readonly group: Group;
  /** The shortcut as a person reads it; empty without one. */
  readonly key: string;
  /** The shortcuts as `keyName` spells them. */
  readonly keys: readonly string[];
  /** Where the keys mean this. */
  readonly modes: readonly Mode[];
  /** False: not to be shown here and now. */
  readonly available: () => boolean;
  /** Why it cannot be run now; null when it can. */
  readonly disabled: () => string | null;
  readonly run: () => void;
  /** For keys that are held: called when the key comes up. */
  readonly release?: () => void;
}

type Spec = Pick<Operation, "id" | "title" | "group" | "run"> & Partial<Operation>;

const LABELLING: readonly Mode[] = ["label", "crosshair", "vertices"];
const MAP: readonly Mode[] = [...LABELLING, "review"];
const REVIEW: readonly Mode[] = ["review"];

function operationOf(spec: Spec): Operation {
  return {
    key: (spec.keys ?? []).map(words).join(" or "),
    keys: [],
    modes: LABELLING,
    available: () => true,
    disabled: () => null,
    ...spec,
  };
}

function words(name: string): string {
  const arrows: Readonly<Record<string, string>> = {
    ArrowLeft: "←",
    ArrowRight: "→",
    ArrowUp: "↑",
    ArrowDown: "↓",
    Escape: "Esc",
  };
  return name
    .split(/\+(?=.)/)
    .map((part) => arrows[part] ?? (part.length === 1 ? part.toUpperCase() : part))
    .join("+");
}

function toolOperation(which: Tool, title: string, key: string, run: () => void): Operation {
  return operationOf({
    id: `tool.${which}`,
    title,
    group: "tool",
    keys: [key],
    available: () => which === "select" || mayLabel.value,
    run,
  });
}

const tools: readonly Operation[] = [
  toolOperation("segment", "Segment by clicks", "s", () => {
    if (selectedLabel.peek() !== null && draft.peek() === null) startRefining();
    else setTool("segment");
  }),
  toolOperation("select", "Select labels", "v", () => setTool("select")),
  toolOperation("vertices", "Move vertices", "e", () => setTool("vertices")),
];

const drafts: readonly Operation[] = [
  operationOf({
    id: "draft.save",
    title: "Save",
    group: "draft",
    keys: ["Enter"],
    modes: ["label", "crosshair"],
    available: () => mayLabel.value,
    disabled: saveHindrance,
    run: saveDraft,
  }),
  operationOf({
    id: "draft.undoClick",
    title: "Take back the last click",
    group: "draft",
    keys: ["Backspace"],
    modes: ["label", "crosshair"],
    disabled: () => (canUndoClick.value ? null : "There is no click to take back."),
    run: () => {
      if (canUndoClick.peek()) undo();
    },
  }),
  operationOf({
    id: "draft.discard",
    title: "Discard",
    group: "draft",
    available: () => mayLabel.value,
    disabled: () => (draft.value === null ? "Nothing is begun." : null),
    run: discardDraft,
  }),
  operationOf({
    id: "draft.stop",
    title: "Stop here",
    group: "draft",
    available: () => computing.value,
    run: stopPasses,
  }),
  operationOf({
    id: "draft.editInstead",
    title: "Edit that label instead",
    group: "draft",
    keys: ["i"],
    available: () => startedInside.value !== null,
    disabled: () => (startedInside.value === null ? "The first click is in no label." : null),
    run: editInstead,
  }),
  operationOf({
    id: "edit.undo",
    title: "Undo",
    group: "draft",
    keys: ["Ctrl+z"],
    modes: MAP,
    disabled: () => {
      if (draft.value !== null)
        return canUndoClick.value ? null : "There is no click to take back.";
      return nextUndo.value === null ? "There is nothing of yours to take back." : null;
    },
    run: undo,
  }),
  operationOf({
    id: "edit.redo",
    title: "Redo",
    group: "draft",
    keys: ["Ctrl+Shift+z", "Ctrl+y"],
    modes: MAP,
    disabled: () => {
      if (draft.value !== null)
        return canRedoClick.value ? null : "There is no click to bring back.";
      return nextRedo.value === null ? "There is nothing to bring back." : null;
    },
    run: redo,
  }),
];

function selectionHindrance(): string | null {
  if (selectedLabels.value.length === 0) return "Select a label first.";
  return selectedLabels.value.map(changeHindrance).find((sentence) => sentence !== null) ?? null;
}

const labelOperations: readonly Operation[] = [
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
    id: "vertex.remove",
    title: "Take out the vertex under the pointer",
    group: "label",
    keys: ["Delete", "Backspace"],
    modes: ["vertices"],
    available: () => tool.value === "vertices",
    run: () => askMap({ kind: "removeVertex" }),
  }),
];

const classOperations: readonly Operation[] = [
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

const PAN_PX = 100;
const STEP_PX = 10;
const ARROWS = [
  ["Left", -1, 0],
  ["Right", 1, 0],
  ["Up", 0, -1],
  ["Down", 0, 1],
] as const;

const mapOperations: readonly Operation[] = [
  operationOf({
    id: "view.next",
    title: "Next view",
    group: "map",
    keys: ["b"],
    modes: MAP,
    run: () => cycleView(1),
  }),
  operationOf({
    id: "view.previous",
    title: "Previous view",
    group: "map",
    keys: ["Shift+b"],
    modes: MAP,
    run: () => cycleView(-1),
  }),
  operationOf({
    id: "labels.toggle",
    title: "Show or hide labels",
    group: "map",
    modes: MAP,
    run: () => setLabelsVisible(!labelsVisible.peek()),
  }),
  operationOf({
    id: "labels.hide",
    title: "Only the image, while held",
    group: "map",
    keys: ["h"],
    modes: MAP,
    run: () => setVectorsHidden(true),
    release: () => setVectorsHidden(false),
  }),
  operationOf({
    id: "labels.fill",
    title: "Outline or fill",
    group: "map",
    keys: ["o"],
    modes: MAP,
    run: cycleFill,
  }),
  operationOf({
    id: "goto.open",
    title: "Go to a place",
    group: "map",
    keys: ["g"],
    modes: MAP,
    run: () => setGoToOpen(true),
  }),
  operationOf({
    id: "map.zoomIn",
    title: "Zoom in",
    group: "map",
    keys: ["+", "="],
    key: "+",
    modes: MAP,
    run: () => askMap({ kind: "zoom", steps: 1 }),
  }),
  operationOf({
    id: "map.zoomOut",
    title: "Zoom out",
    group: "map",
    keys: ["-"],
    modes: MAP,
    run: () => askMap({ kind: "zoom", steps: -1 }),
  }),
  operationOf({
    id: "map.spacePan",
    title: "Pan with the pointer, while held",
    group: "map",
    keys: ["Space"],
    modes: ["label", "vertices", "review"],
    run: () => setSpacePanning(true),
    release: () => setSpacePanning(false),
  }),
  operationOf({
    id: "map.crosshair",
    title: "Keyboard crosshair",
    group: "map",
    keys: ["c"],
    available: () => mayLabel.value,
    run: () => {
      if (!crosshair.peek()) setTool("segment");
      setCrosshair(!crosshair.peek());
    },
  }),
  ...ARROWS.map(([side, x, y]) =>
    operationOf({
      id: `map.pan${side}`,
      title: `Pan ${side.toLowerCase()}`,
      group: "map",
      keys: [`Arrow${side}`],
      modes: ["label", "vertices", "review"],
      run: () => askMap({ kind: "pan", dx: x * PAN_PX, dy: y * PAN_PX }),
    }),
  ),
  ...ARROWS.flatMap(([side, x, y]) => [
    operationOf({
      id: `crosshair.move${side}`,
      title: `Crosshair 10 px ${side.toLowerCase()}`,
      group: "map",
      keys: [`Arrow${side}`],
      modes: ["crosshair"],
      available: () => crosshair.value,
      run: () => askMap({ kind: "crosshair", dx: x * STEP_PX, dy: y * STEP_PX }),
    }),
    operationOf({
      id: `crosshair.nudge${side}`,
      title: `Crosshair 1 px ${side.toLowerCase()}`,
      group: "map",
      keys: [`Shift+Arrow${side}`],
      modes: ["crosshair"],
      available: () => crosshair.value,
      run: () => askMap({ kind: "crosshair", dx: x, dy: y }),
    }),
  ]),
  operationOf({
    id: "crosshair.include",
    title: "Include click at the crosshair",
    group: "map",
    keys: ["Space"],
    modes: ["crosshair"],
    available: () => crosshair.value,
    run: () => askMap({ kind: "crosshairClick", include: true }),
  }),
  operationOf({
    id: "crosshair.exclude",
    title: "Exclude click at the crosshair",
    group: "map",
    keys: ["Shift+Space"],
    modes: ["crosshair"],
    available: () => crosshair.value,
    run: () => askMap({ kind: "crosshairClick", include: false }),
  }),
];

function reviewOperation(
  id: string,
  title: string,
  key: string,
  run: () => void,
  disabled: () => string | null = () => null,
): Operation {
  return operationOf({ id, title, group: "review", keys: [key], modes: REVIEW, disabled, run });
}

const reviewOperations: readonly Operation[] = [
  reviewOperation("review.accept", "Accept", "a", accept, () => decideHindrance(reviewed.value)),
  reviewOperation("review.return", "Return", "x", askReturn, () => decideHindrance(reviewed.value)),
  reviewOperation("review.next", "Next label", "n", nextInReview),
  reviewOperation("review.previous", "Previous label", "p", previousInReview),
  reviewOperation("review.fix", "Fix it myself", "f", fixReviewed, () =>
    reviewed.value === null ? "No label is open." : null,
  ),
  reviewOperation("layer.previous", "Previous flight", ",", () => cycleLayer(-1)),
  reviewOperation("layer.next", "Next flight", ".", () => cycleLayer(1)),
];

const pageOperations: readonly Operation[] = [
  operationOf({
    id: "escape",
    title: "One step back",
    group: "page",
    keys: ["Escape"],
    run: stepBack,
  }),
  operationOf({
    id: "panel.classes",
    title: "Classes panel",
    group: "page",
    keys: ["["],
    run: () => togglePanel("classes"),
  }),
  operationOf({
    id: "panel.facts",
    title: "Facts panel",
    group: "page",
    keys: ["]"],
    run: () => togglePanel("facts"),
  }),
  operationOf({
    id: "help.open",
    title: "Keys and help",
    group: "page",
    keys: ["?"],
    modes: [...MAP, "elsewhere"],
    run: () => setHelpOpen(true),
  }),
];

export const operations: readonly Operation[] = [
  ...tools,
  ...drafts,
  ...labelOperations,
  ...classOperations,
  ...mapOperations,
  ...reviewOperations,
  ...pageOperations,
];

const byId: ReadonlyMap<string, Operation> = new Map(operations.map((one) => [one.id, one]));

/** The operation of an id; a misspelt id is a fault of the program. */
export function operation(id: string): Operation {
  const found = byId.get(id);
  if (found === undefined) throw new Error(`There is no operation ${id}.`);
  return found;
}

/** What a key means in a mode. */
export function operationForKey(name: string, mode: Mode): Operation | null {
  return operations.find((one) => one.keys.includes(name) && one.modes.includes(mode)) ?? null;
}
