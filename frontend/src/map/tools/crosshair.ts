import { MAP_COLOURS } from "../colours";
import type { ScreenPoint } from "../coordinates";

const ARM_PX = 14;

/** A crosshair that keys move over the map; it keeps its place on the screen while the map pans. */
export class Crosshair {
  private readonly element = document.createElement("div");
  private place: ScreenPoint = { left: 0, top: 0 };

  constructor(private readonly parent: HTMLElement) {
    this.element.className = "map-crosshair";
    Object.assign(this.element.style, {
      position: "absolute",
      left: "0",
      top: "0",
      pointerEvents: "none",
      zIndex: "3",
    });
    for (const [width, height] of [
      [2 * ARM_PX + 1, 1],
      [1, 2 * ARM_PX + 1],
    ] as const) {
      const arm = document.createElement("div");
      Object.assign(arm.style, {
        position: "absolute",
        width: `${width}px`,
        height: `${height}px`,
        left: `${-(width - 1) / 2}px`,
        top: `${-(height - 1) / 2}px`,
        background: MAP_COLOURS.black,
        outline: `1px solid ${MAP_COLOURS.white}`,
      });
      this.element.append(arm);
    }
  }

  get at(): ScreenPoint {
    return this.place;
  }

  show(): void {
    this.put({ left: this.parent.clientWidth / 2, top: this.parent.clientHeight / 2 });
    this.parent.append(this.element);
  }

  hide(): void {
    this.element.remove();
  }

  /** Moves by CSS pixels, and stays on the map. */
  move(dx: number, dy: number): void {
    this.put({
      left: Math.min(this.parent.clientWidth - 1, Math.max(0, this.place.left + dx)),
      top: Math.min(this.parent.clientHeight - 1, Math.max(0, this.place.top + dy)),
    });
  }

  private put(place: ScreenPoint): void {
    this.place = { left: Math.round(place.left), top: Math.round(place.top) };
    this.element.style.transform = `translate(${this.place.left}px, ${this.place.top}px)`;
  }
}
