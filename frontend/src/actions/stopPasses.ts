import { computing, draft, setStopped } from "../state/draft";
import { sendMessage } from "./link";
import { alreadyTold } from "./report";

/** Cancels the passes still wanted; the last outline stays. */
export function stopPasses(): void {
  const open = draft.peek();
  if (open === null || !computing.peek()) return;
  setStopped({ draft: open.uid, step: open.head });
  sendMessage({ type: "draft.stop", draft: open.uid }).catch(alreadyTold);
}
