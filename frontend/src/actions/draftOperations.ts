/** Commands on the open draft, and undo and redo. */

import { canRedoClick, canUndoClick, computing, draft, leftOut } from "../state/draft";
import { startedInside } from "../state/draftBar";
import { nextRedo, nextUndo } from "../state/history";
import { mayLabel } from "../state/project";
import { drawnPoints } from "../state/tool";
import { discardDraft } from "./discardDraft";
import { toggleKeepAll } from "./keepAllParts";
import { MAP, type Operation, operationOf } from "./operation";
import { editInstead } from "./refine";
import { saveDraft, saveHindrance } from "./saveDraft";
import { stopPasses } from "./stopPasses";
import { takeBackPoint } from "./takeBackPoint";
import { redo, undo } from "./undo";

export const draftOperations: readonly Operation[] = [
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
    id: "draft.keepAll",
    title: "Keep all parts, or only clicked ones",
    group: "draft",
    keys: ["k"],
    available: () => mayLabel.value,
    disabled: () =>
      draft.value?.keepAll || leftOut.value !== null ? null : "No part is left out.",
    run: toggleKeepAll,
  }),
  operationOf({
    id: "edit.undo",
    title: "Undo",
    group: "draft",
    keys: ["Ctrl+z"],
    modes: MAP,
    disabled: () => {
      if (drawnPoints.value > 0) return null;
      if (draft.value !== null)
        return canUndoClick.value ? null : "There is no click to take back.";
      return nextUndo.value === null ? "There is nothing of yours to take back." : null;
    },
    run: () => (drawnPoints.peek() > 0 ? takeBackPoint() : undo()),
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
