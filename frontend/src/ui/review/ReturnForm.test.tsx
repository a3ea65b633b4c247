import { describe, expect, it, vi } from "vitest";
import { buttonOf, click, mounted, press, type } from "../mounted";
import { ReturnForm } from "./ReturnForm";

const REASONS = ["The border is off.", "The class is wrong."];

function shown(onReturn = vi.fn(), onCancel = vi.fn()) {
  const root = mounted(<ReturnForm reasons={REASONS} onReturn={onReturn} onCancel={onCancel} />);
  const form = root.querySelector("form");
  const comment = root.querySelector("textarea");
  if (form === null || comment === null) throw new Error("The form was not rendered.");
  return { root, form, comment, onReturn, onCancel };
}

describe("returning a label", () => {
  it("takes a reason by its digit and sends it with Enter", () => {
    const { form, onReturn } = shown();
    press(form, "2");
    press(form, "Enter");
    expect(onReturn).toHaveBeenCalledWith("The class is wrong.");
  });

  it("joins reason and comment", () => {
    const { root, comment, onReturn } = shown();
    click(root, "1The border is off.");
    type(comment, "  North side. ");
    press(comment, "Enter");
    expect(onReturn).toHaveBeenCalledWith("The border is off. North side.");
  });

  it("takes digits in the comment for text", () => {
    const { root, comment } = shown();
    press(comment, "2");
    expect(root.querySelector("[aria-pressed=true]")).toBeNull();
  });

  it("sends nothing without a reason", () => {
    const { root, form, onReturn } = shown();
    press(form, "Enter");
    press(form, "3");
    press(form, "Enter");
    expect(onReturn).not.toHaveBeenCalled();
    expect(buttonOf(root, "ReturnEnter").disabled).toBe(true);
  });

  it("is left with Esc", () => {
    const { form, onCancel } = shown();
    press(form, "Escape");
    expect(onCancel).toHaveBeenCalledOnce();
  });

  it("keeps its keys from the page", () => {
    const { form } = shown();
    const heard = vi.fn();
    document.addEventListener("keydown", heard);
    press(form, "2");
    document.removeEventListener("keydown", heard);
    expect(heard).not.toHaveBeenCalled();
  });
});
