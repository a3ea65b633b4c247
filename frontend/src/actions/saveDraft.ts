import { uuid7 } from "../api/uuid";
import { draft, marks, phase, setCurrentDraft } from "../state/draft";
import { draftClass } from "../state/draftBar";
import { recordDeed } from "../state/history";
import { draftCertainty, draftNote, setDraftCertainty, setDraftNote } from "../state/tool";
import { sendMessage } from "./link";
import { alreadyTold } from "./report";

/** Why the draft cannot be saved now; null when it can. */
export function saveHindrance(): string | null {
  if (draft.value === null || marks.value.length === 0) return "Click something first.";
  if (phase.value === "unseen") return "Add an include click.";
  if (phase.value === "nothing") return "Nothing found here: add a click, or draw it (D).";
  return draftClass.value === null ? "This project has no class to save it under." : null;
}

/**
 * Closes the draft to clicks and saves its settled outline, also while passes run. The tool stays
 * armed and the class kept; the next draft may begin at once.
 */
export function saveDraft(): void {
  const open = draft.peek();
  const labelClass = draftClass.peek();
  if (open === null || labelClass === null || saveHindrance() !== null) return;
  const edit = uuid7();
  recordDeed({ kind: "edit", edit, words: `Saved ${labelClass.name}.`, draft: open.uid });
  sendMessage({
    type: "draft.save",
    draft: open.uid,
    edit,
    label_class: labelClass.uid,
    certainty: draftCertainty.peek(),
    note: draftNote.peek(),
  }).catch(alreadyTold);
  setCurrentDraft(null);
  // Certainty and note belong to one object; the class goes on.
  setDraftNote("");
  setDraftCertainty("sure");
}
