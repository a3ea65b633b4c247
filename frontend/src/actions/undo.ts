/** Undo and redo: the draft's clicks first; without a draft, what I did last. */

import { uuid7 } from "../api/uuid";
import {
  canRedoClick,
  canUndoClick,
  draft,
  savingDrafts,
  setCurrentDraft,
  setStopped,
} from "../state/draft";
import {
  type Deed,
  deedOf,
  forgetDeeds,
  forgetEdit,
  moveToDone,
  moveToUndone,
  nextRedo,
  nextUndo,
} from "../state/history";
import { notify } from "../state/notices";
import { setTool } from "../state/tool";
import { tellOfRestored } from "./labelOverlaps";
import { askForDraft, sendEdit, sendMessage } from "./link";
import { alreadyTold } from "./report";

type EditDeed = Extract<Deed, { kind: "edit" }>;

export function undo(): void {
  const open = draft.peek();
  if (open !== null) {
    if (canUndoClick.peek()) undoClick(open.uid, open.head);
    return;
  }
  const deed = nextUndo.peek();
  if (deed === null) return;
  if (deed.kind === "edit") {
    const saving = savingDrafts.peek().find((one) => one.uid === deed.draft);
    if (saving === undefined) takeBack(deed);
    else callOffSave(deed, saving.uid);
    return;
  }
  reopen(deed.draft);
  moveToUndone(deed, deed);
}

export function redo(): void {
  const open = draft.peek();
  if (open !== null) {
    if (canRedoClick.peek()) {
      sendMessage({ type: "draft.redo", draft: open.uid }, open.head + 1).catch(alreadyTold);
    }
    return;
  }
  const deed = nextRedo.peek();
  if (deed === null) return;
  if (deed.kind === "edit") {
    bringBack(deed);
    return;
  }
  sendMessage({ type: "draft.discard", draft: deed.draft }).catch(alreadyTold);
  moveToDone(deed, deed);
}

/** Takes one edit of mine back, whatever came after it: for the Undo of its toast. */
export function undoEdit(edit: string): void {
  const deed = deedOf(edit);
  if (deed?.kind === "edit") takeBack(deed);
}

/** Opens a discarded draft again: for the Restore of its toast. */
export function restoreDraft(uid: string): void {
  if (draft.peek() !== null) {
    notify("Save or discard the open draft first; then Ctrl+Z brings the other one back.");
    return;
  }
  forgetDeeds((one) => one.kind === "discard" && one.draft === uid);
  reopen(uid);
}

function undoClick(uid: string, head: number): void {
  setStopped(null);
  sendMessage({ type: "draft.undo", draft: uid }, head - 1).catch(alreadyTold);
}

/** While passes run there is no edit yet to be taken back: the draft is opened again instead. */
function callOffSave(deed: EditDeed, uid: string): void {
  forgetEdit(deed.edit);
  sendMessage({ type: "draft.discard", draft: uid }).catch(alreadyTold);
  reopen(uid);
}

function reopen(uid: string): void {
  sendMessage({ type: "draft.restore", draft: uid }).catch(alreadyTold);
  show(uid);
}

function show(uid: string): void {
  setCurrentDraft(uid);
  setTool("segment");
  askForDraft(uid);
}

function takeBack(deed: EditDeed): void {
  const inverse: EditDeed = { kind: "edit", edit: uuid7(), words: deed.words };
  // Moved at once, so that a second Ctrl+Z takes back the deed before.
  moveToUndone(deed, inverse);
  sendEdit({ kind: "undo", uid: inverse.edit, edit: deed.edit }).then(
    (edit) => {
      notify(`Taken back: ${deed.words}`, [{ title: "Redo", run: () => bringBack(inverse) }]);
      tellOfRestored(edit);
      if (edit.reopened_draft !== null && draft.peek() === null) show(edit.reopened_draft);
    },
    (error: unknown) => {
      forgetEdit(inverse.edit);
      alreadyTold(error);
    },
  );
}

function bringBack(deed: EditDeed): void {
  const inverse: EditDeed = { kind: "edit", edit: uuid7(), words: deed.words };
  moveToDone(deed, inverse);
  sendEdit({ kind: "undo", uid: inverse.edit, edit: deed.edit }).then(
    (edit) => {
      notify(`Done again: ${deed.words}`, [{ title: "Undo", run: () => undoEdit(inverse.edit) }]);
      tellOfRestored(edit);
    },
    (error: unknown) => {
      forgetEdit(inverse.edit);
      alreadyTold(error);
    },
  );
}
