import { describe, expect, it } from "vitest";
import * as words from "./words";

const T = "\u202f";

describe("figures", () => {
  it("stay hectares in a column of one unit", () => {
    expect(words.hectares(640)).toBe(`0.06${T}ha`);
    expect(words.hectares(12_345_678)).toBe(`1${T}234.57${T}ha`);
  });

  it("never call a part complete", () => {
    expect(words.percent(0.999)).toBe(`99${T}%`);
    expect(words.percent(1)).toBe(`100${T}%`);
    expect(words.percent(-0.2)).toBe(`0${T}%`);
  });
});

describe("the export's sentence", () => {
  it("names what is left out", () => {
    expect(words.exportSentence(812, 964_000, 41)).toBe(
      `812 labels, 96.40${T}ha; 41 not accepted are left out.`,
    );
    expect(words.exportSentence(1, 4200, 1)).toBe(
      `1 label, 0.42${T}ha; 1 not accepted is left out.`,
    );
  });

  it("is silent about it when nothing is", () => {
    expect(words.exportSentence(3, 10_000, 0)).toBe(`3 labels, 1.00${T}ha.`);
  });
});

describe("times", () => {
  const now = new Date(2026, 4, 4, 12, 0);

  it("get coarser with their age", () => {
    expect(words.when(new Date(2026, 4, 4, 9, 5).toISOString(), now)).toBe("09:05");
    expect(words.when(new Date(2026, 4, 3, 23, 59).toISOString(), now)).toBe("yesterday 23:59");
    expect(words.when(new Date(2026, 0, 31, 1, 0).toISOString(), now)).toBe("31 Jan");
    expect(words.when(new Date(2024, 5, 30, 1, 0).toISOString(), now)).toBe("30 June 2024");
  });
});

describe("a wait", () => {
  it("is rounded up, so that it is never over before it said", () => {
    expect(words.duration(7.2)).toBe(`8${T}s`);
    expect(words.duration(121)).toBe(`3${T}min`);
    expect(words.duration(3600)).toBe(`1${T}h`);
  });
});

describe("initials", () => {
  it("are of the first and the last name", () => {
    expect(words.initials("Ana María Ruiz")).toBe("AR");
    expect(words.initials("ben")).toBe("B");
  });
});
