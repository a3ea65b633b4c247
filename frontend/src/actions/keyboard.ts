import { isCharacter, keyName } from "../state/keys";
import { preferences } from "../state/preferences";
import { mode } from "../state/tool";
import { type Operation, operationForKey } from "./operations";

const TEXT =
  "input:not([type=range], [type=checkbox], [type=radio], [type=button]), textarea, [contenteditable]";
/** Controls that act on Enter and Space themselves. */
const PRESSED =
  "button, a[href], summary, [role=button], [role=menuitem], [role=option], [role=tab]";
/** Controls that take arrows, digits and letters themselves. */
const OWNS_KEYS = "select, input, [role=menu], [role=listbox], [role=slider], [role=radiogroup]";

/** True where a key belongs to the focused control and not to the page. */
export function belongsToControl(target: EventTarget | null, name: string): boolean {
  if (!(target instanceof Element)) return false;
  if (target.closest(TEXT) !== null) return true;
  const key = name.split("+").at(-1) ?? name;
  if ((key === "Enter" || key === "Space") && target.closest(PRESSED) !== null) return true;
  return !name.startsWith("Ctrl+") && name !== "Escape" && target.closest(OWNS_KEYS) !== null;
}

/** A dialog or popover is open: it has the keys, and Esc closes it. */
function somethingIsOpen(): boolean {
  if (document.querySelector("dialog[open]") !== null) return true;
  return [...document.querySelectorAll("[popover]")].some((one) => one.matches(":popover-open"));
}

/** Letters can be turned off; on the map itself they always act (WCAG 2.1.4). */
function lettersAct(target: EventTarget | null): boolean {
  if (preferences.peek().letterKeys) return true;
  return target instanceof Element && target.closest("[role=application]") !== null;
}

/** Listens to the whole page; returns how to stop. */
export function listenToKeys(): () => void {
  const held = new Map<string, Operation>();

  const down = (event: KeyboardEvent): void => {
    if (event.defaultPrevented || event.isComposing) return;
    const name = keyName(event);
    if (somethingIsOpen() || belongsToControl(event.target, name)) return;
    if (isCharacter(name) && !lettersAct(event.target)) return;
    const found = operationForKey(name, mode.peek());
    if (found === null || !found.available()) return;
    event.preventDefault();
    if (found.release !== undefined) {
      if (event.repeat) return;
      held.set(event.code, found);
    }
    if (found.disabled() === null) found.run();
  };
  const up = (event: KeyboardEvent): void => {
    held.get(event.code)?.release?.();
    held.delete(event.code);
  };
  // A key that comes up in another window is never heard of here.
  const blur = (): void => {
    for (const one of held.values()) one.release?.();
    held.clear();
  };
  document.addEventListener("keydown", down);
  document.addEventListener("keyup", up);
  window.addEventListener("blur", blur);
  return () => {
    document.removeEventListener("keydown", down);
    document.removeEventListener("keyup", up);
    window.removeEventListener("blur", blur);
  };
}
