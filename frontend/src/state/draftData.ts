/** A draft as plain data, and what each message makes of it. Pure: the page shows it before the server has it. */

import type { MultiPolygon } from "../api/client";
import type { Answer, DraftClick, DraftOut, DraftState, PageMessage } from "../api/socket";

export interface Draft {
  readonly uid: string;
  readonly layer: string;
  readonly labelClass: string | null;
  readonly startLabel: string | null;
  readonly state: DraftState;
  /** Clicks that count; those beyond are what a redo brings back. */
  readonly head: number;
  /**
   * Parts that the project's rule leaves out are kept. Not a step: undo and redo are about clicks,
   * and what turned this on turns it off.
   */
  readonly keepAll: boolean;
  readonly clicks: readonly DraftClick[];
  /** The newest answer to each step, kept so that an undo shows the stored one at once. */
  readonly answers: ReadonlyMap<number, Answer>;
}

function sameClick(a: DraftClick | undefined, b: DraftClick): boolean {
  return a !== undefined && a.x === b.x && a.y === b.y && a.include === b.include;
}

/** By this a page knows which of its messages arrived: head, clicks, whether all parts are kept. */
export function fingerprint(draft: Pick<Draft, "head" | "clicks" | "keepAll">): string {
  const places = draft.clicks.map((one) => `${one.x},${one.y},${one.include ? "+" : "-"}`);
  return `${draft.head}|${places.join(";")}${draft.keepAll ? "|all parts" : ""}`;
}

/** A draft as the server tells it, with the answers already known for clicks that are the same. */
export function draftFrom(out: DraftOut, before: Draft | undefined): Draft {
  const clicks = out.steps.map(({ x, y, include }) => ({ x, y, include }));
  const answers = new Map<number, Answer>();
  for (const [step, answer] of before?.answers ?? []) {
    const unchanged = clicks
      .slice(0, step)
      .every((click, index) => sameClick(before?.clicks[index], click));
    if (unchanged && step <= clicks.length) answers.set(step, answer);
  }
  if (out.answer !== null) answers.set(out.answer.step, out.answer);
  return {
    uid: out.uid,
    layer: out.layer,
    labelClass: out.label_class,
    startLabel: out.start_label,
    state: out.state,
    head: out.head,
    keepAll: out.keep_all,
    clicks,
    answers,
  };
}

function clicked(draft: Draft, step: number, click: DraftClick): Draft {
  if (step <= draft.head && sameClick(draft.clicks[step - 1], click)) return draft;
  const answers = new Map([...draft.answers].filter(([answered]) => answered < step));
  return { ...draft, head: step, clicks: [...draft.clicks.slice(0, step - 1), click], answers };
}

/**
 * The draft after a message. Applying one twice is the same as once; undo and redo lead to the
 * head that was meant when they were made.
 */
export function afterMessage(
  draft: Draft | undefined,
  message: PageMessage,
  head: number | null,
): Draft | undefined {
  if (message.type === "draft.open") {
    if (draft !== undefined) return draft;
    return {
      uid: message.draft,
      layer: message.layer,
      labelClass: message.label_class,
      startLabel: message.start_label,
      state: "open",
      head: 0,
      keepAll: false,
      clicks: [],
      answers: new Map(),
    };
  }
  if (draft === undefined) return undefined;
  switch (message.type) {
    case "draft.click":
      return clicked(draft, message.step, {
        x: message.x,
        y: message.y,
        include: message.include,
      });
    case "draft.undo":
    case "draft.redo":
      return head === null ? draft : { ...draft, head: Math.min(head, draft.clicks.length) };
    case "draft.classify":
      return { ...draft, labelClass: message.label_class };
    case "draft.keep_all":
      return { ...draft, keepAll: message.keep_all };
    case "draft.save":
      return draft.state === "saved"
        ? draft
        : { ...draft, labelClass: message.label_class, state: "saving" };
    case "draft.discard":
      return { ...draft, state: "discarded" };
    case "draft.restore":
      return { ...draft, state: "open" };
    default:
      return draft;
  }
}

/** A pass arrived. A later pass of the same step replaces an earlier one, never the other way round. */
export function answered(draft: Draft, answer: Answer): Draft {
  const known = draft.answers.get(answer.step);
  if (answer.step > draft.clicks.length) return draft;
  if (known?.settled && !answer.settled) return draft;
  return { ...draft, answers: new Map(draft.answers).set(answer.step, answer) };
}

/**
 * What to show at the head: its own answer, else the one before it while the new one is awaited.
 * Where all parts are kept, its outline is the one with all of them.
 */
export function shownAnswer(draft: Draft): Answer | null {
  for (let step = draft.head; step > 0; step -= 1) {
    const answer = draft.answers.get(step);
    if (answer !== undefined) return draft.keepAll ? { ...answer, ...answer.all_parts } : answer;
  }
  return null;
}

/** The clicks that count. */
export function countingClicks(draft: Draft): readonly DraftClick[] {
  return draft.clicks.slice(0, draft.head);
}

/** [minx, miny, maxx, maxy] of a geometry; null where it is empty. */
export function boxOf(geometry: MultiPolygon): [number, number, number, number] | null {
  let [minX, minY, maxX, maxY] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const polygon of geometry) {
    for (const [x = Number.NaN, y = Number.NaN] of polygon[0] ?? []) {
      if (x < minX) minX = x;
      if (x > maxX) maxX = x;
      if (y < minY) minY = y;
      if (y > maxY) maxY = y;
    }
  }
  return minX > maxX ? null : [minX, minY, maxX, maxY];
}
