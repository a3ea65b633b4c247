import { recordDeed } from "../state/history";
import { notify } from "../state/notices";
import { undoEdit } from "./undo";

/** An edit of mine was committed: it is told with an Undo, and Ctrl+Z finds it. */
export function remember(edit: string, words: string): void {
  recordDeed({ kind: "edit", edit, words });
  notify(words, [{ title: "Undo", run: () => undoEdit(edit) }]);
}
