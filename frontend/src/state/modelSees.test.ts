import { expect, it } from "vitest";
import { modelSees } from "./modelSees";

const NAIP = ["red", "green", "blue", "nir"];

it.each([
  ["RGB", NAIP, 3],
  ["RGB", NAIP, 0],
  ["RGB and infrared", NAIP, 4],
  ["one band", ["grey", "grey", "grey"], 3],
  ["nothing: it needs 4 bands", ["red", "green", "blue"], 4],
])("says %s", (words, roles, bands) => {
  expect(modelSees(roles, bands)).toBe(words);
});

it("says nothing of a layer that has no image yet", () => {
  expect(modelSees([], 3)).toBeNull();
});
