import { computed, signal } from "@preact/signals";

export interface NoticeAction {
  readonly title: string;
  readonly run: () => void;
}

export interface Notice {
  readonly id: number;
  readonly kind: "info" | "error";
  readonly sentence: string;
  readonly actions: readonly NoticeAction[];
}

const TOAST_MS = 8000;
const MOST_TOASTS = 2;

const list = signal<readonly Notice[]>([]);
const politeText = signal("");
const assertiveText = signal("");
let lastId = 0;

/** Toasts, oldest first: at most two pass by themselves, errors stay until they are closed. */
export const notices = computed(() => list.value);
/** Text for the polite live region. */
export const polite = computed(() => politeText.value);
/** Text for the assertive live region. */
export const assertive = computed(() => assertiveText.value);

/** A toast of 8 s. A third one pushes the oldest away. */
export function notify(sentence: string, actions: readonly NoticeAction[] = []): number {
  lastId += 1;
  const notice: Notice = { id: lastId, kind: "info", sentence, actions };
  // The same sentence again takes the place of the first, with the newer actions.
  const others = list.value.filter((one) => one.kind === "error" || one.sentence !== sentence);
  const toasts = others.filter((one) => one.kind === "info");
  const crowdedOut = toasts.slice(0, Math.max(0, toasts.length - MOST_TOASTS + 1));
  list.value = [...others.filter((one) => !crowdedOut.includes(one)), notice];
  announce(sentence);
  setTimeout(() => dismiss(notice.id), TOAST_MS);
  return notice.id;
}

/** An error stays until it is closed; the same sentence is not shown twice. */
export function notifyError(sentence: string, actions: readonly NoticeAction[] = []): number {
  assertiveText.value = sentence;
  const shown = list.value.find((one) => one.kind === "error" && one.sentence === sentence);
  if (shown) return shown.id;
  lastId += 1;
  list.value = [...list.value, { id: lastId, kind: "error", sentence, actions }];
  return lastId;
}

export function dismiss(id: number): void {
  list.value = list.value.filter((one) => one.id !== id);
}

/** Says something to screen readers alone. A repeated sentence is made different, or it is not read. */
export function announce(sentence: string): void {
  politeText.value = politeText.value === sentence ? `${sentence}\u00a0` : sentence;
}
