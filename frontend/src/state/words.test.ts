// @vitest-environment node
import { expect, test } from "vitest";
import { areaWords, byteWords, clickWords, countWords, lengthWords, spokenArea } from "./words";

test("areas are hectares from a tenth of one on, else square metres", () => {
  expect(areaWords(4234)).toBe("0.42 ha");
  expect(areaWords(640.4)).toBe("640 m²");
  expect(areaWords(6.25)).toBe("6.3 m²");
  expect(areaWords(0.05)).toBe("0.1 m²");
  expect(areaWords(0.049)).toBe("under 0.1 m²");
  expect(areaWords(0)).toBe("0 m²");
  expect(areaWords(12_345_678)).toBe("1\u202f235 ha");
});

test("acres are a setting", () => {
  expect(areaWords(4046.8564224 * 2, "acres")).toBe("2.00 ac");
  expect(areaWords(0, "acres")).toBe("0 ac");
  expect(spokenArea(4234)).toBe("0.42 hectares");
});

test("counts and clicks", () => {
  expect(countWords(1, "click", "clicks")).toBe("1 click");
  expect(countWords(1204, "label", "labels")).toBe("1\u202f204 labels");
  expect(clickWords(2, 1)).toBe("3 clicks (2+ 1−)");
});

test("lengths keep the unit that reads best", () => {
  expect([0.6, 4.8, 0.05, 30, 500, 2000, 1500].map(lengthWords)).toEqual([
    "0.6 m",
    "4.8 m",
    "5 cm",
    "30 m",
    "500 m",
    "2 km",
    "1.5 km",
  ]);
});

test("bytes", () => {
  expect(byteWords(3_100_000)).toBe("3.1 MB");
  expect(byteWords(41_000_000_000)).toBe("41 GB");
  expect(byteWords(12)).toBe("12 B");
});
