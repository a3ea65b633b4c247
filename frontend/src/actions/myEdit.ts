import type { Edit, NewEdit } from "../api/client";
import { deedOf, forgetEdit, recordDeed, renameEdit } from "../state/history";
import { notify } from "../state/notices";
import { cutWords } from "../state/overlapWords";
import { preferences } from "../state/preferences";
import { sendEdit } from "./link";
import { alreadyTold } from "./report";
import { undoEdit } from "./undo";

/**
 * Sends an edit of mine that Undo takes back, from now on and not only from the commit on. `words`
 * tell of it, `better` does where more is known once it is committed. Resolves with what the server
 * made of it; null where it was refused.
 */
export function sendMyEdit(
  edit: NewEdit,
  words: string,
  better: (done: Edit) => string = () => words,
): Promise<Edit | null> {
  recordDeed({ kind: "edit", edit: edit.uid, words });
  return sendEdit(edit).then(
    (done) => {
      const said = better(done);
      renameEdit(done.uid, said);
      tellOfEdit(done, said);
      return done;
    },
    (error: unknown) => {
      forgetEdit(edit.uid);
      alreadyTold(error);
      return null;
    },
  );
}

/** Says that an edit is committed and what it cut; with an Undo, unless it was taken back meanwhile. */
export function tellOfEdit({ uid, cut }: Edit, words: string): void {
  if (deedOf(uid) === null) return;
  const sentences = `${words} ${cutWords(cut, preferences.peek().areaUnit)}`.trimEnd();
  notify(sentences, [{ title: "Undo", run: () => undoEdit(uid) }]);
}
