import { computed, signal } from "@preact/signals";
import type { MessageEntry } from "../api/outbox";
import type { Answer, DraftOut } from "../api/socket";
import {
  afterMessage,
  answered,
  countingClicks,
  type Draft,
  draftFrom,
  shownAnswer,
} from "./draftData";
import { pending } from "./pending";

/** none: nothing begun. unseen: no include click yet. nothing: settled, and nothing found. */
export type DraftPhase =
  | "none"
  | "empty"
  | "unseen"
  | "computing"
  | "settled"
  | "nothing"
  | "stopped"
  | "failed";

interface AtStep {
  readonly draft: string;
  readonly step: number;
}

export interface Waiting extends AtStep {
  readonly ahead: number;
}

export interface Failure extends AtStep {
  readonly sentence: string;
}

const confirmedDrafts = signal<ReadonlyMap<string, Draft>>(new Map());
const currentUid = signal<string | null>(null);
const queuePlace = signal<Waiting | null>(null);
const lastFailure = signal<Failure | null>(null);
const stopRequest = signal<AtStep | null>(null);
const askedAt = signal<{ readonly at: AtStep; readonly time: number } | null>(null);

/** Every draft this page knows, with what is still on its way to the server applied. */
export const drafts = computed<ReadonlyMap<string, Draft>>(() => {
  const all = new Map(confirmedDrafts.value);
  for (const entry of pending.value) {
    if (entry.kind !== "message") continue;
    const uid = entry.message.draft;
    const next = afterMessage(all.get(uid), entry.message, entry.head);
    if (next !== undefined) all.set(uid, next);
  }
  return all;
});

/** The open draft; null when nothing is begun. */
export const draft = computed<Draft | null>(() => {
  const uid = currentUid.value;
  const found = uid === null ? undefined : drafts.value.get(uid);
  return found?.state === "open" ? found : null;
});

/** Closed drafts whose label is not committed yet: their outlines stay on the map. */
export const savingDrafts = computed<readonly Draft[]>(() =>
  [...drafts.value.values()].filter((one) => one.state === "saving"),
);

export const marks = computed(() => (draft.value === null ? [] : countingClicks(draft.value)));
/** What is shown for the draft: the newest answer that counts, else the one before. */
export const answer = computed<Answer | null>(() =>
  draft.value === null ? null : shownAnswer(draft.value),
);
/** True when the shown answer belongs to the newest click and will not change by itself. */
export const settled = computed(
  () => answer.value?.settled === true && answer.value.step === draft.value?.head,
);

/** The outline with the parts that are left out of the shown one; null where none is. */
export const leftOut = computed(() =>
  draft.value?.keepAll === false ? (answer.value?.all_parts?.outline ?? null) : null,
);

export const canUndoClick = computed(() => (draft.value?.head ?? 0) > 0);
export const canRedoClick = computed(
  () => draft.value !== null && draft.value.head < draft.value.clicks.length,
);

function isHere(at: AtStep | null, of: Draft): boolean {
  return at !== null && at.draft === of.uid && at.step === of.head;
}

export const waiting = computed<Waiting | null>(() =>
  draft.value !== null && isHere(queuePlace.value, draft.value) ? queuePlace.value : null,
);
export const failure = computed<Failure | null>(() =>
  draft.value !== null && isHere(lastFailure.value, draft.value) ? lastFailure.value : null,
);

export const phase = computed<DraftPhase>(() => {
  const open = draft.value;
  if (open === null) return "none";
  if (open.head === 0) return "empty";
  if (!marks.value.some((mark) => mark.include)) return "unseen";
  if (settled.value) return answer.value?.outline.length === 0 ? "nothing" : "settled";
  if (failure.value !== null) return "failed";
  return isHere(stopRequest.value, open) ? "stopped" : "computing";
});

export const computing = computed(() => phase.value === "computing");

/** When the newest click was made here (ms of Date.now); null after a reload. */
export const clickedAt = computed<number | null>(() => {
  const asked = askedAt.value;
  return draft.value !== null && isHere(asked?.at ?? null, draft.value)
    ? (asked?.time ?? null)
    : null;
});

/** True for a draft that the server is saving, or was when it was last heard of. */
export function isSavingThere(uid: string): boolean {
  return confirmedDrafts.peek().get(uid)?.state === "saving";
}

export function setCurrentDraft(uid: string | null): void {
  currentUid.value = uid;
}

export function putDraft(out: DraftOut): void {
  const known = drafts.peek().get(out.uid);
  confirmedDrafts.value = new Map(confirmedDrafts.peek()).set(out.uid, draftFrom(out, known));
}

export function putAnswer(uid: string, value: Answer): void {
  const known = confirmedDrafts.peek().get(uid);
  if (known === undefined) return;
  confirmedDrafts.value = new Map(confirmedDrafts.peek()).set(uid, answered(known, value));
}

/** The server carried a message out: its effect becomes part of what is confirmed. */
export function confirmMessage(entry: MessageEntry): void {
  const uid = entry.message.draft;
  const next = afterMessage(confirmedDrafts.peek().get(uid), entry.message, entry.head);
  if (next !== undefined) confirmedDrafts.value = new Map(confirmedDrafts.peek()).set(uid, next);
}

export function dropDraft(uid: string): void {
  const rest = new Map(confirmedDrafts.peek());
  rest.delete(uid);
  confirmedDrafts.value = rest;
  if (currentUid.peek() === uid) currentUid.value = null;
}

export function setWaiting(value: Waiting | null): void {
  queuePlace.value = value;
}

export function setDraftFailure(value: Failure | null): void {
  lastFailure.value = value;
}

/** The person stopped the passes of the newest click. */
export function setStopped(at: AtStep | null): void {
  stopRequest.value = at;
}

export function setClickedAt(at: AtStep, time: number): void {
  askedAt.value = { at, time };
}

/** Leaves the project: nothing of its drafts stays. */
export function clearDrafts(): void {
  confirmedDrafts.value = new Map();
  currentUid.value = null;
  queuePlace.value = null;
  lastFailure.value = null;
  stopRequest.value = null;
  askedAt.value = null;
}
