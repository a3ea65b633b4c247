import { draft, setCurrentDraft } from "../state/draft";
import { recordDeed } from "../state/history";
import { notify } from "../state/notices";
import { sendMessage } from "./link";
import { alreadyTold } from "./report";
import { restoreDraft } from "./undo";

/** Puts the draft away. No question is asked: the toast and Ctrl+Z bring it back. */
export function discardDraft(): void {
  const open = draft.peek();
  if (open === null) return;
  sendMessage({ type: "draft.discard", draft: open.uid }).catch(alreadyTold);
  setCurrentDraft(null);
  if (open.clicks.length === 0) return;
  recordDeed({ kind: "discard", draft: open.uid, words: "Draft discarded." });
  notify("Draft discarded.", [{ title: "Restore", run: () => restoreDraft(open.uid) }]);
}
