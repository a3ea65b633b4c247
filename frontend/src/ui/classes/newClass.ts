import type { LabelClass, NewLabelClass } from "../../api/client";

/** Eight colours that stay apart in all kinds of colour vision (Okabe and Ito); beyond them, patterns. */
export const safeColours = [
  { colour: "#D55E00", name: "Vermilion" },
  { colour: "#0072B2", name: "Blue" },
  { colour: "#F0E442", name: "Yellow" },
  { colour: "#56B4E9", name: "Sky blue" },
  { colour: "#009E73", name: "Green" },
  { colour: "#CC79A7", name: "Pink" },
  { colour: "#E69F00", name: "Orange" },
  { colour: "#CCCCCC", name: "Grey" },
] as const;

const LONGEST_CODE = 10;

/** A code as a shapefile takes it, made of a name: "Salt grass flats" gives SALT_GRASS. */
export function codeFrom(name: string): string {
  return name
    .normalize("NFD")
    .toUpperCase()
    .replace(/[^A-Z0-9]+/g, "_")
    .slice(0, LONGEST_CODE)
    .replace(/^_+|_+$/g, "");
}

/** A class with the first colour and the first key that are free. */
export function newClass(taken: readonly LabelClass[]): NewLabelClass {
  const colours = new Set(taken.map((one) => one.colour.toUpperCase()));
  const keys = new Set(taken.map((one) => one.key));
  const colour = safeColours.find((one) => !colours.has(one.colour)) ?? safeColours[0];
  const key = [1, 2, 3, 4, 5, 6, 7, 8, 9].find((one) => !keys.has(one)) ?? null;
  return {
    code: "",
    name: "",
    colour: colour.colour,
    pattern: "plain",
    description: "",
    key,
    retired: false,
  };
}
