import { beforeEach, describe, expect, test } from "vitest";
import { setTapExcludes } from "../../state/tool";
import { type PointerSample, type Press, PressReader } from "./presses";
import { includes } from "./segmentTool";

function sample(change: Partial<PointerSample> = {}): PointerSample {
  return {
    id: 1,
    kind: "mouse",
    button: 0,
    shift: false,
    at: { left: 100, top: 100 },
    time: 0,
    ...change,
  };
}

function pressed(change: Partial<PointerSample>, up: Partial<PointerSample> = {}): Press | null {
  const reader = new PressReader();
  reader.press(sample(change));
  return reader.release(sample({ ...change, ...up }));
}

describe("a press", () => {
  test("may move 4 px, no more", () => {
    expect(pressed({}, { at: { left: 104, top: 100 } })).not.toBeNull();
    expect(pressed({}, { at: { left: 104, top: 101 } })).toBeNull();
  });

  test("that went out and came back was a drag", () => {
    const reader = new PressReader();
    reader.press(sample());
    reader.move({ id: 1, at: { left: 150, top: 100 } });
    expect(reader.release(sample())).toBeNull();
  });

  test("tells where it began", () => {
    expect(pressed({}, { at: { left: 103, top: 101 } })?.at).toEqual({ left: 100, top: 100 });
  });

  test("two quick ones are two", () => {
    const reader = new PressReader();
    for (const time of [0, 80]) {
      reader.press(sample({ time }));
      expect(reader.release(sample({ time: time + 30 }))).not.toBeNull();
    }
  });

  test("of the middle button only pans", () => {
    expect(pressed({ button: 1 })).toBeNull();
  });

  test("with a second finger is a pinch, until both are up", () => {
    const reader = new PressReader();
    reader.press(sample({ id: 1, kind: "touch" }));
    reader.press(sample({ id: 2, kind: "touch" }));
    expect(reader.release(sample({ id: 1, kind: "touch" }))).toBeNull();
    expect(reader.release(sample({ id: 2, kind: "touch" }))).toBeNull();
    reader.press(sample({ id: 3, kind: "touch" }));
    expect(reader.release(sample({ id: 3, kind: "touch" }))).not.toBeNull();
  });

  test("once a pen was seen, fingers only pan", () => {
    const reader = new PressReader();
    reader.press(sample({ kind: "pen" }));
    expect(reader.release(sample({ kind: "pen" }))).not.toBeNull();
    reader.press(sample({ kind: "touch" }));
    expect(reader.release(sample({ kind: "touch" }))).toBeNull();
  });
});

describe("what a press means", () => {
  beforeEach(() => setTapExcludes(false));

  const meaning = (change: Partial<PointerSample>, up: Partial<PointerSample> = {}) => {
    const press = pressed(change, up);
    return press === null ? null : includes(press);
  };

  test("left includes; right, Shift and left, and a long touch exclude", () => {
    expect(meaning({})).toBe(true);
    expect(meaning({ button: 2 })).toBe(false);
    expect(meaning({ shift: true })).toBe(false);
    expect(meaning({ kind: "touch" }, { time: 500 })).toBe(false);
    expect(meaning({ kind: "touch" }, { time: 499 })).toBe(true);
    expect(meaning({ kind: "pen", button: 2 })).toBe(false);
  });

  test("the bar's switch turns taps around", () => {
    setTapExcludes(true);
    expect(meaning({ kind: "touch" })).toBe(false);
  });
});
