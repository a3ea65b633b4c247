/** What the project's socket says, and what becomes of it. */

import { assertNever } from "../api/assertNever";
import type { ApiError, Edit } from "../api/client";
import type { Entry } from "../api/outbox";
import type { DraftOut, ServerMessage } from "../api/socket";
import { setEngine } from "../state/connection";
import {
  answer,
  draft,
  drafts,
  dropDraft,
  isSavingThere,
  marks,
  phase,
  putAnswer,
  putDraft,
  savingDrafts,
  setCurrentDraft,
  setDraftFailure,
  setWaiting,
} from "../state/draft";
import { draftClass, holeCount } from "../state/draftBar";
import { draftFrom, fingerprint } from "../state/draftData";
import { deedOf, forgetDeeds, forgetEdit, recordDeed, renameEdit } from "../state/history";
import { putImage, putJob } from "../state/jobs";
import { applyEdit } from "../state/labels";
import { announce, notify, notifyError } from "../state/notices";
import { preferences } from "../state/preferences";
import { classByUid } from "../state/project";
import { areaWords, countWords, spokenArea } from "../state/words";
import { openConflict } from "./conflict";
import { cutOffers } from "./cutLabel";
import { tellOfOverlaps } from "./labelOverlaps";
import { askForDraft, currentLink } from "./link";
import { reloadLabels } from "./loadLabels";
import { tellOfEdit } from "./myEdit";
import { refreshProject, refreshSummary } from "./refresh";

let lastEdit: number | null = null;

/** Another project is opened: nothing was heard of it yet. */
export function forgetHeard(): void {
  lastEdit = null;
}

export function receive(message: ServerMessage): void {
  switch (message.type) {
    case "welcome":
      welcomed(message);
      return;
    case "draft.state":
      stateOfDraft(message.draft);
      return;
    case "draft.outlined": {
      const wasSettled = phase.peek() === "settled" || phase.peek() === "nothing";
      putAnswer(message.draft, message.answer);
      setWaiting(null);
      setDraftFailure(null);
      if (!wasSettled && draft.peek()?.uid === message.draft) tellSettled();
      return;
    }
    case "draft.waiting":
      setWaiting({ draft: message.draft, step: message.step, ahead: message.ahead });
      return;
    case "draft.failed":
      failed(message.draft, message.step, message.sentence);
      return;
    case "draft.saved":
      saved(message.draft, message.edit);
      return;
    case "labels.changed":
      heard(message.edit);
      return;
    case "job.changed":
      jobChanged(message.job);
      return;
    case "image.changed":
      putImage(message.image);
      if (message.image.state === "ready") void refreshProject();
      return;
    case "project.changed":
      void refreshProject();
      return;
    case "engine.changed":
      setEngine(message.engine);
      return;
    case "error":
      notifyError(message.sentence);
      return;
    case "ok":
      return;
    default:
      assertNever(message);
  }
}

function welcomed(message: Extract<ServerMessage, { type: "welcome" }>): void {
  setEngine(message.engine);
  const open = message.draft;
  const fingerprints = new Map<string, string>();
  if (open !== null) {
    fingerprints.set(open.uid, fingerprint(draftFrom(open, undefined)));
    putDraft(open);
  }
  currentLink()?.connected(fingerprints);
  // A draft that this page did not begin (a reload, another machine) is taken up where it stands.
  if (draft.peek() === null && open !== null) setCurrentDraft(open.uid);
  // The answer to a save may have been lost with the line.
  for (const saving of savingDrafts.peek()) askForDraft(saving.uid);
  const here = draft.peek();
  if (here !== null && here.uid !== open?.uid) askForDraft(here.uid);
  if (lastEdit !== null && lastEdit !== message.last_edit) {
    void refreshProject();
    void reloadLabels();
  }
  lastEdit = message.last_edit;
}

function stateOfDraft(out: DraftOut): void {
  if (!drafts.peek().has(out.uid) && draft.peek() !== null) return;
  if (out.state === "saved") {
    if (drafts.peek().has(out.uid)) void reloadLabels();
    dropDraft(out.uid);
    return;
  }
  const reopened = out.state === "open" && isSavingThere(out.uid);
  putDraft(out);
  if (!reopened) return;
  // It could not be saved; the reason comes as a message of its own.
  forgetDeeds((one) => one.kind === "edit" && one.draft === out.uid);
  if (draft.peek() === null) setCurrentDraft(out.uid);
}

/** Said once per settled click: "Exclude click 3. Iceplant, 0.42 hectares, 1 hole." */
function tellSettled(): void {
  if (phase.peek() === "nothing") announce("Nothing found here: add a click, or draw it (D).");
  const shown = answer.peek();
  const last = marks.peek().at(-1);
  if (phase.peek() !== "settled" || shown === null || last === undefined) return;
  const holes = holeCount.peek();
  const parts = [
    draftClass.peek()?.name ?? "No class",
    spokenArea(shown.area_m2, preferences.peek().areaUnit),
    ...(holes === 0 ? [] : [countWords(holes, "hole", "holes")]),
  ];
  announce(
    `${last.include ? "Include" : "Exclude"} click ${marks.peek().length}. ${parts.join(", ")}.`,
  );
}

function failed(uid: string, step: number, sentence: string): void {
  setWaiting(null);
  setDraftFailure({ draft: uid, step, sentence });
  // The draft bar says it for the open draft.
  if (draft.peek()?.uid === uid) announce(sentence);
  else if (savingDrafts.peek().some((one) => one.uid === uid)) notifyError(sentence);
}

function saved(uid: string, edit: Edit): void {
  const mine = drafts.peek().has(uid);
  heard(edit);
  dropDraft(uid);
  const [label] = edit.labels;
  if (!mine || label === undefined) return;
  const name = classByUid.peek().get(label.label_class)?.name ?? "label";
  const area = areaWords(label.area_m2, preferences.peek().areaUnit);
  const words = `Saved ${name} #${label.number}, ${area}.`;
  // Another tab saved it, where this one did not.
  if (deedOf(edit.uid) === null) recordDeed({ kind: "edit", edit: edit.uid, words });
  else renameEdit(edit.uid, words);
  tellOfEdit(edit, words);
  void tellOfOverlaps(label, cutOffers);
}

function heard(edit: Edit): void {
  applyEdit(edit);
  lastEdit = Math.max(lastEdit ?? 0, edit.number);
  refreshSummary();
}

function jobChanged(job: Extract<ServerMessage, { type: "job.changed" }>["job"]): void {
  putJob(job);
  if (job.state === "failed" && job.sentence !== "") notifyError(job.sentence);
  const file = job.download;
  if (job.kind === "export_labels" && job.state === "done" && file !== null) {
    notify(job.sentence === "" ? "Your export is ready." : job.sentence, [
      { title: "Download", run: () => window.location.assign(file) },
    ]);
  }
}

/** The server would not carry something out: it says why, and what is shown is what it has. */
export function refused(entry: Entry, error: ApiError): void {
  if (entry.kind === "message") {
    notifyError(error.sentence);
    const uid = entry.message.draft;
    if (entry.message.type === "draft.open") dropDraft(uid);
    else {
      if (entry.message.type === "draft.save") {
        forgetEdit(entry.message.edit);
        if (draft.peek() === null) setCurrentDraft(uid);
      }
      askForDraft(uid);
    }
    return;
  }
  if (error.current === null) notifyError(error.sentence);
  else openConflict(entry.edit, error);
}
