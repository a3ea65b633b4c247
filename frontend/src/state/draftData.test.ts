// @vitest-environment node
import { describe, expect, test } from "vitest";
import type { DraftOut, PageMessage } from "../api/socket";
import { exampleAnswer, square } from "../testing/examples";
import {
  afterMessage,
  answered,
  boxOf,
  type Draft,
  draftFrom,
  fingerprint,
  shownAnswer,
} from "./draftData";

const OPEN: PageMessage = {
  type: "draft.open",
  draft: "d",
  layer: "layer-1",
  label_class: null,
  start_label: null,
};

function click(step: number, x = step): PageMessage {
  return { type: "draft.click", draft: "d", step, x, y: 0, include: true };
}

function played(...messages: readonly (readonly [PageMessage, number | null])[]): Draft {
  let draft: Draft | undefined;
  for (const [message, head] of [[OPEN, null] as const, ...messages]) {
    draft = afterMessage(draft, message, head);
  }
  if (draft === undefined) throw new Error("The draft was not opened.");
  return draft;
}

function keepAll(keep_all: boolean): PageMessage {
  return { type: "draft.keep_all", draft: "d", keep_all };
}

const UNDO: PageMessage = { type: "draft.undo", draft: "d" };
const REDO: PageMessage = { type: "draft.redo", draft: "d" };

describe("clicks", () => {
  test("move the head; undo and redo move it back and forth", () => {
    const three = played([click(1), null], [click(2), null], [click(3), null]);
    expect(three.head).toBe(3);
    const back = afterMessage(three, UNDO, 2);
    expect(back).toMatchObject({ head: 2 });
    expect(afterMessage(back, REDO, 3)).toMatchObject({ head: 3 });
  });

  test("a new click cuts what a redo would have brought back", () => {
    const draft = played([click(1), null], [click(2), null], [UNDO, 1], [click(2, 9), null]);
    expect(draft.clicks.map((one) => one.x)).toEqual([1, 9]);
    expect(afterMessage(draft, REDO, 3)).toMatchObject({ head: 2 });
  });

  test("applied twice they are the same as once", () => {
    const messages: (readonly [PageMessage, number | null])[] = [
      [click(1), null],
      [click(2), null],
      [UNDO, 1],
      [click(2, 9), null],
      [UNDO, 1],
    ];
    const once = played(...messages);
    for (const [message, head] of messages.slice(-1)) {
      expect(afterMessage(once, message, head)).toEqual(once);
    }
    const twice = played(...messages.flatMap((one) => [one, one]));
    expect(fingerprint(twice)).toBe(fingerprint(once));
  });

  test("every state of a draft has a fingerprint of its own", () => {
    const states = [
      played(),
      played([click(1), null]),
      played([click(1, 5), null]),
      played([click(1), null], [UNDO, 0]),
      played([click(1), null], [click(2), null]),
      played([click(1), null], [click(2), null], [UNDO, 1]),
      played([click(1), null], [keepAll(true), null]),
    ].map(fingerprint);
    expect(new Set(states).size).toBe(states.length);
  });
});

test("keeping all parts outlives clicks and undo, until it is taken back", () => {
  const kept = played([click(1), null], [keepAll(true), null], [click(2), null], [UNDO, 1]);
  expect(kept.keepAll).toBe(true);
  expect(afterMessage(kept, keepAll(true), null)).toEqual(kept);
  expect(afterMessage(kept, keepAll(false), null)).toMatchObject({ keepAll: false, head: 1 });
});

describe("answers", () => {
  const two = played([click(1), null], [click(2), null]);

  test("the former outline stays until the new click has one", () => {
    const first = answered(two, exampleAnswer(1));
    expect(shownAnswer(first)?.step).toBe(1);
    expect(shownAnswer(answered(first, exampleAnswer(2)))?.step).toBe(2);
  });

  test("an undo shows the stored answer of the click before", () => {
    const both = answered(answered(two, exampleAnswer(1)), exampleAnswer(2));
    const back = afterMessage(both, UNDO, 1);
    expect(back && shownAnswer(back)?.step).toBe(1);
  });

  test("a click at another place forgets the answer of the one that it replaced", () => {
    const both = answered(answered(two, exampleAnswer(1)), exampleAnswer(2));
    const other = afterMessage(afterMessage(both, UNDO, 1), click(2, 9), null);
    expect(other && shownAnswer(other)?.step).toBe(1);
  });

  test("a late coarse pass does not replace the settled outline", () => {
    const settled = answered(two, exampleAnswer(2, { area_m2: 7 }));
    const late = answered(settled, exampleAnswer(2, { settled: false, area_m2: 1 }));
    expect(shownAnswer(late)?.area_m2).toBe(7);
  });

  test("known answers outlive the server's telling of the draft, where the clicks are the same", () => {
    const known = answered(answered(two, exampleAnswer(1)), exampleAnswer(2));
    const step = (number: number, x: number) => ({ number, x, y: 0, include: true, settled: true });
    const out: DraftOut = {
      uid: "d",
      layer: "layer-1",
      label_class: null,
      start_label: null,
      state: "open",
      head: 2,
      keep_all: false,
      steps: [step(1, 1), step(2, 9)],
      answer: null,
    };
    const told = draftFrom(out, known);
    expect([...told.answers.keys()]).toEqual([1]);
  });
});

test("a draft that was never opened takes no messages", () => {
  expect(afterMessage(undefined, click(1), null)).toBeUndefined();
});

test("the box of a geometry, and none of an empty one", () => {
  expect(boxOf([...square(1, 2, 3), ...square(10, 0, 1)])).toEqual([1, 0, 11, 5]);
  expect(boxOf([])).toBeNull();
});
