import { assertNever } from "../api/assertNever";
import type { ApiError, NewEdit } from "../api/client";
import { uuid7 } from "../api/uuid";
import { conflict, setConflict } from "../state/conflict";
import { putLabels } from "../state/labels";
import { dropTypedNote } from "../state/typedNotes";
import { sendMyEdit } from "./myEdit";

/** Somebody else changed the label first: both versions are shown, nothing is overwritten. */
export function openConflict(edit: NewEdit, error: ApiError): void {
  const theirs = error.current;
  if (theirs === null) return;
  putLabels([theirs]);
  setConflict({
    sentence: error.sentence,
    theirs,
    mine: rebased(edit, theirs.uid, theirs.revision),
  });
}

export function keepTheirs(): void {
  const open = conflict.peek();
  if (open !== null) dropTypedNote(open.theirs.uid);
  setConflict(null);
}

export function keepYours(): void {
  const open = conflict.peek();
  setConflict(null);
  if (open?.mine == null) return;
  dropTypedNote(open.theirs.uid);
  void sendMyEdit(open.mine, `Kept your change of #${open.theirs.number}.`);
}

/** The same edit, made anew against the label as it is now. */
export function rebased(edit: NewEdit, label: string, revision: number): NewEdit | null {
  switch (edit.kind) {
    case "reshape":
    case "cut":
    case "split":
      return { ...edit, uid: uuid7(), base_revision: revision };
    case "classify":
    case "merge":
    case "delete":
      return {
        ...edit,
        uid: uuid7(),
        labels: edit.labels.map((one) =>
          one.label === label ? { ...one, base_revision: revision } : one,
        ),
      };
    case "review":
    case "undo":
    case "create":
      // A decision holds for the revision that was seen; the others have no base to move.
      return null;
    default:
      return assertNever(edit);
  }
}
