import type { ScreenPoint } from "../coordinates";
import { type PointerSample, type Press, PressReader } from "./presses";

function kindOf(event: PointerEvent): PointerSample["kind"] {
  return event.pointerType === "touch" || event.pointerType === "pen" ? event.pointerType : "mouse";
}

/** Where an event is, in CSS pixels of an element. */
export function placeIn(element: HTMLElement, event: MouseEvent): ScreenPoint {
  const box = element.getBoundingClientRect();
  return { left: event.clientX - box.left, top: event.clientY - box.top };
}

/**
 * Tells of presses on an element, at pointer-up and without the wait that tells a click from a
 * double click; returns how to stop. The context menu is prevented on the element alone.
 */
export function listenToPresses(element: HTMLElement, pressed: (press: Press) => void): () => void {
  const reader = new PressReader();
  const sample = (event: PointerEvent): PointerSample => ({
    id: event.pointerId,
    kind: kindOf(event),
    button: event.button,
    shift: event.shiftKey,
    at: placeIn(element, event),
    time: event.timeStamp,
  });
  const stop = new AbortController();
  const { signal } = stop;
  element.addEventListener("pointerdown", (event) => reader.press(sample(event)), { signal });
  window.addEventListener("pointermove", (event) => reader.move(sample(event)), { signal });
  window.addEventListener(
    "pointerup",
    (event) => {
      const press = reader.release(sample(event));
      if (press !== null) pressed(press);
    },
    { signal },
  );
  window.addEventListener("pointercancel", (event) => reader.cancel(event.pointerId), { signal });
  element.addEventListener("contextmenu", (event) => event.preventDefault(), { signal });
  return () => stop.abort();
}
