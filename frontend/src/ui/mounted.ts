import { type ComponentChild, render } from "preact";
import { act } from "preact/test-utils";

/** For tests: renders into the document and settles its effects; a second call replaces the first. */
export function mounted(what: ComponentChild): HTMLElement {
  document.body.replaceChildren();
  const root = document.body.appendChild(document.createElement("div"));
  void act(() => render(what, root));
  return root;
}

/** Presses a key on an element, as a person would. */
export function press(on: Element, key: string): void {
  void act(() => {
    on.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
  });
}

/** Clicks the button of that name. */
export function click(root: ParentNode, name: string): void {
  void act(() => buttonOf(root, name).click());
}

/** The button of that name; names are what screen readers say. */
export function buttonOf(root: ParentNode, name: string): HTMLButtonElement {
  const found = [...root.querySelectorAll("button")].find(
    (one) => (one.getAttribute("aria-label") ?? one.textContent ?? "").trim() === name,
  );
  if (found === undefined) throw new Error(`There is no button "${name}".`);
  return found;
}

/** Types into a field in place of what it held. */
export function type(field: HTMLInputElement | HTMLTextAreaElement, text: string): void {
  void act(() => {
    field.value = text;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  });
}
