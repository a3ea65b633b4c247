import { describe, expect, it, vi } from "vitest";
import type { Contrast } from "../../state/contrast";
import { click, mounted, type } from "../mounted";
import { ContrastForm } from "./ContrastMenu";

const USUAL = { stretch: "p2-98", gamma: 1 };

function shown(contrast: Contrast, isIndex = false) {
  const onContrast = vi.fn();
  const onFit = vi.fn();
  const root = mounted(
    <ContrastForm
      view="Natural colour"
      contrast={contrast}
      usual={USUAL}
      isIndex={isIndex}
      onContrast={onContrast}
      onFit={onFit}
    />,
  );
  const fields = () => [...root.querySelectorAll<HTMLInputElement>("input[type=number]")];
  return { root, fields, onContrast, onFit };
}

describe("the contrast", () => {
  it("is fixed between the values that are typed", () => {
    const { fields, onContrast } = shown({ stretch: "f10to200", gamma: 1.4 });
    const [darkest] = fields();
    if (darkest === undefined) throw new Error("There is no field.");
    type(darkest, "35");
    darkest.dispatchEvent(new Event("change", { bubbles: true }));
    expect(onContrast).toHaveBeenCalledExactlyOnceWith({ stretch: "f35to200", gamma: 1.4 });
  });

  it("stays as it was while the values are no range, and says so", () => {
    const { root, fields, onContrast } = shown({ stretch: "f10to200", gamma: 1 });
    const [darkest] = fields();
    if (darkest === undefined) throw new Error("There is no field.");
    type(darkest, "200");
    darkest.dispatchEvent(new Event("change", { bubbles: true }));
    expect(onContrast).not.toHaveBeenCalled();
    expect(root.textContent).toContain("has to lie above the darkest");
  });

  it("has no two values to type where each band has its own", () => {
    const { root, fields } = shown({ stretch: "f0to30~0to9~1to12", gamma: 1 });
    expect(fields()).toEqual([]);
    expect(root.textContent).toContain("Each band between values of its own");
  });

  it("of an index knows no percentiles and no midtones", () => {
    const { root, fields } = shown({ stretch: "f-0.2to0.8", gamma: 1 }, true);
    expect(root.querySelector("select")).toBeNull();
    expect(root.textContent).not.toContain("Midtones");
    expect(fields().map((one) => one.value)).toEqual(["-0.2", "0.8"]);
  });

  it("goes back to the view's own, and fits what is in sight", () => {
    const { root, onContrast, onFit } = shown({ stretch: "p2-98", gamma: 1.5 });
    click(root, "Reset");
    expect(onContrast).toHaveBeenCalledExactlyOnceWith(null);
    click(root, "Fit to what is in sight");
    expect(onFit).toHaveBeenCalledOnce();
  });
});
