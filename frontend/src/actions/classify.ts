import type { Certainty, Label, NewEdit } from "../api/client";
import { uuid7 } from "../api/uuid";
import { draft } from "../state/draft";
import { selectedLabels } from "../state/labels";
import { notify } from "../state/notices";
import { classByUid, setActiveClass, usableClasses } from "../state/project";
import { draftCertainty, setDraftCertainty } from "../state/tool";
import { dropTypedNote, keepTypedNote } from "../state/typedNotes";
import { countWords } from "../state/words";
import { sendMessage } from "./link";
import { sendMyEdit } from "./myEdit";
import { changeHindrance } from "./refine";
import { alreadyTold } from "./report";

type Classify = Extract<NewEdit, { kind: "classify" }>;

/** The class of this draft and the next ones; without a draft, that of the selected labels. */
export function chooseClass(uid: string): void {
  const labelClass = classByUid.peek().get(uid);
  if (labelClass === undefined || labelClass.retired) return;
  const open = draft.peek();
  const chosen = selectedLabels.peek();
  if (open === null && chosen.length > 0) {
    const others = chosen.filter((label) => label.label_class !== uid);
    void change(others, { label_class: uid }, `${subject(others)} to ${labelClass.name}`);
    return;
  }
  setActiveClass(uid);
  if (open !== null && open.labelClass !== uid) {
    sendMessage({ type: "draft.classify", draft: open.uid, label_class: uid }).catch(alreadyTold);
  }
}

/** The class under a digit key. */
export function chooseClassByKey(key: number): void {
  const labelClass = usableClasses.peek().find((one) => one.key === key);
  if (labelClass !== undefined) chooseClass(labelClass.uid);
}

/** Sure or possible: of the draft and what comes next, or of the selected labels. */
export function toggleCertainty(): void {
  const chosen = selectedLabels.peek();
  if (draft.peek() === null && chosen.length > 0) {
    const next: Certainty = chosen.every((label) => label.certainty === "possible")
      ? "sure"
      : "possible";
    const others = chosen.filter((label) => label.certainty !== next);
    void change(others, { certainty: next }, `${subject(others)} to ${next}`);
    return;
  }
  setDraftCertainty(draftCertainty.peek() === "sure" ? "possible" : "sure");
}

/** The note of a label. What was typed is kept until the server has it. */
export async function setNote(label: Label, text: string): Promise<void> {
  const taken =
    text === label.note || (await change([label], { note: text }, `Note of ${subject([label])}`));
  if (taken) dropTypedNote(label.uid);
  else keepTypedNote(label.uid, text);
}

function subject(labels: readonly Label[]): string {
  const [first] = labels;
  if (labels.length === 1 && first !== undefined) return `#${first.number}`;
  return countWords(labels.length, "label", "labels");
}

/** Resolves with whether the labels are changed on the server. */
function change(
  labels: readonly Label[],
  what: Partial<Pick<Classify, "label_class" | "certainty" | "note">>,
  words: string,
): Promise<boolean> {
  if (labels.length === 0) return Promise.resolve(false);
  const hindrance = labels.map(changeHindrance).find((sentence) => sentence !== null);
  if (hindrance !== undefined) {
    notify(hindrance ?? "");
    return Promise.resolve(false);
  }
  const edit: Classify = {
    kind: "classify",
    uid: uuid7(),
    labels: labels.map((label) => ({ label: label.uid, base_revision: label.revision })),
    label_class: what.label_class ?? null,
    certainty: what.certainty ?? null,
    note: what.note ?? null,
  };
  return sendMyEdit(edit, `${words}.`).then((done) => done !== null);
}
