import { draft } from "../state/draft";
import { announce } from "../state/notices";
import { sendMessage } from "./link";
import { alreadyTold } from "./report";

/** Keeps all parts of the draft's outline; the next time, only those of the project's rule again. */
export function toggleKeepAll(): void {
  const open = draft.peek();
  if (open === null) return;
  const keepAll = !open.keepAll;
  sendMessage({ type: "draft.keep_all", draft: open.uid, keep_all: keepAll }).catch(alreadyTold);
  announce(keepAll ? "All parts are kept." : "Only clicked parts are kept.");
}
