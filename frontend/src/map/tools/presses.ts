/**
 * Presses of pointer, pen and finger on the map, told apart from drags: pure, so that it can be
 * tested without a map. `pressTool` feeds it with the browser's events.
 */

import { distance, type ScreenPoint } from "../coordinates";

/** A press that moves further than this is a drag. */
export const PRESS_PX = 4;
export const LONG_PRESS_MS = 500;

export interface PointerSample {
  readonly id: number;
  readonly kind: "mouse" | "touch" | "pen";
  readonly button: number;
  readonly shift: boolean;
  readonly at: ScreenPoint;
  /** Milliseconds, of any clock. */
  readonly time: number;
}

export interface Press {
  readonly at: ScreenPoint;
  readonly secondary: boolean;
  readonly shift: boolean;
  readonly kind: PointerSample["kind"];
  readonly long: boolean;
}

export class PressReader {
  private readonly down = new Map<number, PointerSample>();
  private spoilt = false;
  private penSeen = false;

  /** A finger or button goes down. A second one makes it a pinch, and no press at all. */
  press(sample: PointerSample): void {
    if (sample.kind === "pen") this.penSeen = true;
    this.spoilt = this.down.size > 0;
    this.down.set(sample.id, sample);
  }

  move(sample: Pick<PointerSample, "id" | "at">): void {
    const start = this.down.get(sample.id);
    if (start !== undefined && distance(start.at, sample.at) > PRESS_PX) this.spoilt = true;
  }

  /** It comes up: a press, or null after a drag, a pinch, or a finger where a pen is in use. */
  release(sample: PointerSample): Press | null {
    const start = this.down.get(sample.id);
    this.move(sample);
    this.down.delete(sample.id);
    const spoilt = this.spoilt;
    if (this.down.size === 0) this.spoilt = false;
    if (start === undefined || spoilt || start.button === 1) return null;
    // Once a pen is seen, pens click and fingers only pan.
    if (this.penSeen && start.kind === "touch") return null;
    return {
      at: start.at,
      secondary: start.button === 2,
      shift: start.shift,
      kind: start.kind,
      long: start.kind === "touch" && sample.time - start.time >= LONG_PRESS_MS,
    };
  }

  cancel(id: number): void {
    this.down.delete(id);
    if (this.down.size === 0) this.spoilt = false;
  }
}
