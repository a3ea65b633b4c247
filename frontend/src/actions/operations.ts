/** Every command once: tool bar, menus, shortcuts and help are made from this list. */

import { beforeHindrance, showBefore } from "../state/before";
import { draft } from "../state/draft";
import { selectedLabel } from "../state/labels";
import { mayLabel } from "../state/project";
import { reviewed } from "../state/review";
import { type Mode, setHelpOpen, setTool, type Tool, togglePanel } from "../state/tool";
import { cycleLayer } from "../state/view";
import { draftOperations } from "./draftOperations";
import { classOperations, labelOperations } from "./labelOperations";
import { mapOperations } from "./mapOperations";
import { MAP, type Operation, operationOf } from "./operation";
import { startRefining } from "./refine";
import {
  accept,
  askReturn,
  decideHindrance,
  fixReviewed,
  nextInReview,
  previousInReview,
} from "./review";
import { splitHindrance } from "./splitLabel";
import { stepBack } from "./stepBack";

export type { Group, Operation } from "./operation";

function toolOperation(
  which: Tool,
  title: string,
  key: string,
  run: () => void,
  disabled: () => string | null = () => null,
): Operation {
  return operationOf({
    id: `tool.${which}`,
    title,
    group: "tool",
    keys: [key],
    available: () => which === "select" || mayLabel.value,
    disabled,
    run,
  });
}

const tools: readonly Operation[] = [
  toolOperation("segment", "Segment by clicks", "s", () => {
    if (selectedLabel.peek() !== null && draft.peek() === null) startRefining();
    else setTool("segment");
  }),
  toolOperation("select", "Select labels", "v", () => setTool("select")),
  toolOperation("draw", "Draw by hand", "d", () => setTool("draw")),
  toolOperation("split", "Split a label", "t", () => setTool("split"), splitHindrance),
  toolOperation("vertices", "Move vertices", "e", () => setTool("vertices")),
];

function reviewOperation(
  id: string,
  title: string,
  key: string,
  run: () => void,
  disabled: () => string | null = () => null,
): Operation {
  return operationOf({ id, title, group: "review", keys: [key], modes: ["review"], disabled, run });
}

const reviewOperations: readonly Operation[] = [
  reviewOperation("review.accept", "Accept", "a", accept, () => decideHindrance(reviewed.value)),
  reviewOperation("review.return", "Return", "x", askReturn, () => decideHindrance(reviewed.value)),
  reviewOperation("review.next", "Next label", "n", nextInReview),
  reviewOperation("review.previous", "Previous label", "p", previousInReview),
  reviewOperation("review.fix", "Fix it myself", "f", fixReviewed, () =>
    reviewed.value === null ? "No label is open." : null,
  ),
  operationOf({
    id: "review.before",
    title: "The outline before, while held",
    group: "review",
    keys: ["y"],
    modes: ["review"],
    disabled: () => beforeHindrance.value,
    run: () => showBefore(true),
    release: () => showBefore(false),
  }),
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
  ...draftOperations,
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
