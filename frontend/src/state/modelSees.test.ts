import { expect, it } from "vitest";
import { modelSees } from "./modelSees";

const NAIP = ["red", "green", "blue", "nir"];

it.each([
  ["RGB", NAIP, [1, 2, 3]],
  ["RGB", NAIP, []],
  ["RGB and infrared", NAIP, [1, 2, 3, 4]],
  ["infrared, red, green", NAIP, [4, 1, 2]],
  ["one band", ["grey", "grey", "grey"], [1, 2, 3]],
  ["nothing: it needs 4 bands", ["red", "green", "blue"], [4, 1, 2]],
])("says %s", (words, roles, bands) => {
  expect(modelSees(roles, bands)).toBe(words);
});

it("says nothing of a layer that has no image yet", () => {
  expect(modelSees([], [1, 2, 3])).toBeNull();
});
