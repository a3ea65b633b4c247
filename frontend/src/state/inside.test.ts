// @vitest-environment node
import { expect, test } from "vitest";
import { exampleLabel, square } from "../testing/examples";
import { contains, labelsAt } from "./inside";

const RING = [[...(square(0, 0, 10)[0] ?? []), ...(square(4, 4, 2)[0] ?? [])]];

test("a hole is outside", () => {
  expect(contains(RING, 2, 2)).toBe(true);
  expect(contains(RING, 5, 5)).toBe(false);
  expect(contains(RING, 12, 5)).toBe(false);
});

test("of labels on top of each other the smallest comes first", () => {
  const wide = exampleLabel({ uid: "wide", geometry: square(0, 0, 100), area_m2: 10_000 });
  const small = exampleLabel({ uid: "small", geometry: square(40, 40, 10), area_m2: 100 });
  expect(labelsAt([wide, small], 45, 45).map((label) => label.uid)).toEqual(["small", "wide"]);
  expect(labelsAt([wide, small], 5, 5).map((label) => label.uid)).toEqual(["wide"]);
});
