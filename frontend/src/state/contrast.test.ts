import { describe, expect, it } from "vitest";
import { fixedRanges, fixedStretch, splitView, withContrast } from "./contrast";

describe("a view's contrast", () => {
  it.each([
    ["rgb_3-2-1_p2-98", "rgb_3-2-1", "p2-98", 1],
    ["rgb_1-2-3_p0.5-99.5_g1.4", "rgb_1-2-3", "p0.5-99.5", 1.4],
    ["ndvi_4-1_f-0.2to0.8", "ndvi_4-1", "f-0.2to0.8", 1],
    ["rgb_4-1-2_f0to3000~-5to900~0.5to12_g2", "rgb_4-1-2", "f0to3000~-5to900~0.5to12", 2],
  ])("is read from %s, and written the same", (text, picture, stretch, gamma) => {
    expect(splitView(text)).toEqual({ picture, contrast: { stretch, gamma } });
    expect(withContrast(text, { stretch, gamma })).toBe(text);
  });

  it.each(["", "natural", "rgb_1-2-3", "rgb_1-2-3_p2-98/../x", "rgb_1-2-3_x"])(
    "is not read from %s",
    (text) => {
      expect(splitView(text)).toBeNull();
    },
  );

  it.each([
    "rgb_1-2-3_p1-99",
    "ndvi_4-1_p2-98",
    "ndvi_4-1_f0to1~0to1",
    "rgb_1-2-3_f0to1~0to1",
    "grey_1_f200to10",
    "grey_1_f010to200",
    "grey_1_p2-98_g0.1",
    "grey_1_p2-98_g9",
  ])("is not read from %s, which the server would refuse", (text) => {
    expect(splitView(text)).toBeNull();
  });

  it("is spelled as the server spells it", () => {
    expect(withContrast("grey_1_p2-98", { stretch: "p2-98", gamma: 1.3500001 })).toBe(
      "grey_1_p2-98_g1.35",
    );
    expect(fixedStretch(-0, 0.1234567)).toBe("f0to0.123457");
  });

  it("has values where they are fixed", () => {
    expect(fixedRanges("f-5to10~0to3")).toEqual([
      [-5, 10],
      [0, 3],
    ]);
    expect(fixedRanges("p2-98")).toEqual([]);
  });

  it.each([
    [5, 5],
    [7, 5],
    [0, Number.NaN],
    [0, 1e12],
    [0, 1e-9],
  ])("is no range from %d to %d", (low, high) => {
    expect(fixedStretch(low, high)).toBeNull();
  });
});
