import { expect, it } from "vitest";
import { cutWords, overlapWords } from "./overlapWords";

const overlap = (number: number, area_m2: number) => ({ label: `${number}`, number, area_m2 });

it("names labels and shared areas", () => {
  expect(overlapWords([overlap(7, 30), overlap(9, 12)], "metric")).toBe("#7 (30 m²), #9 (12 m²)");
});

it("counts those beyond the third", () => {
  const many = [1, 2, 3, 4, 5].map((number) => overlap(number, 20));
  expect(overlapWords(many, "metric")).toBe("#1 (20 m²), #2 (20 m²), #3 (20 m²) and 2 more");
});

it("says what was cut, and where", () => {
  expect(cutWords([], "metric")).toBe("");
  expect(cutWords([overlap(97, 300)], "metric")).toBe("300 m² was cut where #97 is.");
  expect(cutWords([overlap(97, 1300)], "metric")).toBe("0.13 ha was cut where #97 is.");
  expect(cutWords([overlap(7, 30), overlap(9, 12)], "metric")).toBe(
    "What lay on #7 (30 m²), #9 (12 m²) was cut.",
  );
});
