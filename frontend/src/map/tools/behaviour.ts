import type { MapPoint } from "../coordinates";
import type { Press } from "./presses";

/** One tool is active at a time: it is entered and left, and hears of presses and of hovering. */
export interface MapTool {
  enter(): void;
  exit(): void;
  /** A press without a drag; left, right, pen or finger. */
  press(press: Press, at: MapPoint): void;
  /** The pointer is somewhere else; null when it left the map. Returns the cursor to show. */
  hover(at: MapPoint | null, shift: boolean): string;
}
