import { act } from "preact/test-utils";
import { expect, it, vi } from "vitest";
import { mounted } from "../mounted";
import { OverlapsField } from "./OverlapsField";

it("offers the three rules and says what a cut takes from", () => {
  const onValue = vi.fn();
  const root = mounted(<OverlapsField value="reported" onValue={onValue} />);
  const list = root.querySelector("select");
  if (list === null) throw new Error("The list was not rendered.");
  expect([list.value, list.labels?.[0]?.textContent]).toEqual([
    "reported",
    "What lies on other labels",
  ]);
  const note = document.getElementById(list.getAttribute("aria-describedby") ?? "");
  expect(note?.textContent).toContain("drawn or changed");
  for (const rule of ["allowed", "cut"]) {
    void act(() => {
      list.value = rule;
      list.dispatchEvent(new Event("change", { bubbles: true }));
    });
    expect(onValue).toHaveBeenLastCalledWith(rule);
  }
});
