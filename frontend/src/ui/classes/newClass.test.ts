import { describe, expect, it } from "vitest";
import type { LabelClass } from "../../api/client";
import { codeFrom, newClass } from "./newClass";

describe("a class's code", () => {
  it("is made of its name in what a shapefile takes", () => {
    expect(codeFrom("Salt grass flats")).toBe("SALT_GRASS");
    expect(codeFrom("Menzie's golden bush")).toBe("MENZIE_S_G");
    expect(codeFrom("Épinette")).toBe("E_PINETTE");
    expect(codeFrom("Saltgrass flats")).toBe("SALTGRASS");
    expect(codeFrom("–")).toBe("");
  });
});

describe("a new class", () => {
  const taken = (key: number, colour: string): LabelClass => ({
    uid: `${key}`,
    code: `C${key}`,
    name: `Class ${key}`,
    colour,
    pattern: "plain",
    description: "",
    order: key,
    key,
    retired: false,
  });

  it("takes the first free colour and key", () => {
    const made = newClass([taken(1, "#d55e00"), taken(3, "#F0E442")]);
    expect(made.colour).toBe("#0072B2");
    expect(made.key).toBe(2);
  });

  it("has no key when all nine are given", () => {
    const nine = [1, 2, 3, 4, 5, 6, 7, 8, 9].map((key) => taken(key, "#D55E00"));
    expect(newClass(nine).key).toBeNull();
  });
});
