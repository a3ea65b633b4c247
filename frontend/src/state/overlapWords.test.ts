import { expect, it } from "vitest";
import { overlapWords } from "./overlapWords";

const overlap = (number: number, area_m2: number) => ({ label: `${number}`, number, area_m2 });

it("names labels and shared areas", () => {
  expect(overlapWords([overlap(7, 30), overlap(9, 12)], "metric")).toBe("#7 (30 m²), #9 (12 m²)");
});

it("counts those beyond the third", () => {
  const many = [1, 2, 3, 4, 5].map((number) => overlap(number, 20));
  expect(overlapWords(many, "metric")).toBe("#1 (20 m²), #2 (20 m²), #3 (20 m²) and 2 more");
});
