import type { Edit, NewEdit } from "../api/client";
import { deedOf, forgetEdit, recordDeed } from "../state/history";
import { notify } from "../state/notices";
import { cutWords } from "../state/overlapWords";
import { preferences } from "../state/preferences";
import { sendEdit } from "./link";
import { alreadyTold } from "./report";
import { undoEdit } from "./undo";

/**
 * Sends an edit of mine that Undo takes back, from now on and not only from the commit on. `words`
 * tell of it once it is committed. Resolves with whether the server took it.
 */
export function sendMyEdit(edit: NewEdit, words: string): Promise<boolean> {
  recordDeed({ kind: "edit", edit: edit.uid, words });
  return sendEdit(edit).then(
    (done) => {
      tellOfEdit(done, words);
      return true;
    },
    (error: unknown) => {
      forgetEdit(edit.uid);
      alreadyTold(error);
      return false;
    },
  );
}

/** Says that an edit is committed and what it cut; with an Undo, unless it was taken back meanwhile. */
export function tellOfEdit({ uid, cut }: Edit, words: string): void {
  if (deedOf(uid) === null) return;
  const sentences = `${words} ${cutWords(cut, preferences.peek().areaUnit)}`.trimEnd();
  notify(sentences, [{ title: "Undo", run: () => undoEdit(uid) }]);
}
