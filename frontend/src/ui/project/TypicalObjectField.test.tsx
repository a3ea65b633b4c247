import { describe, expect, it, vi } from "vitest";
import { click, mounted, type } from "../mounted";
import { TypicalObjectField } from "./TypicalObjectField";

function shown(valueM: number | null, measuredM: number | null = null) {
  const onValue = vi.fn();
  const root = mounted(
    <TypicalObjectField valueM={valueM} measuredM={measuredM} onValue={onValue} />,
  );
  const field = root.querySelector("input");
  if (field === null) throw new Error("The field was not rendered.");
  return { root, field, onValue };
}

describe("the typical object", () => {
  it("is a length in metres, or nothing", () => {
    const { field, onValue } = shown(12);
    expect(field.value).toBe("12");
    type(field, "7.5");
    expect(onValue).toHaveBeenLastCalledWith(7.5);
    type(field, "");
    expect(onValue).toHaveBeenLastCalledWith(null);
  });

  it("is taken from the labels, rounded as the button says", () => {
    const { root, onValue } = shown(null, 12.34);
    click(root, "From labels: 12 m");
    expect(onValue).toHaveBeenCalledExactlyOnceWith(12);
  });

  it("offers nothing while the labels are too few", () => {
    expect(shown(null).root.querySelector("button")).toBeNull();
  });
});
