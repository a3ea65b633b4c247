import { addClick } from "../../actions/addClick";
import { notify } from "../../state/notices";
import { tapPolarityExcludes } from "../../state/tool";
import { activeLayer, readyLayers } from "../../state/view";
import { boxHolds, type MapPoint, withoutNoise } from "../coordinates";
import excludeCursor from "../cursors/exclude.svg";
import includeCursor from "../cursors/include.svg";
import type { ImageryLayer } from "../layers/imageryLayer";
import type { MapTool } from "./behaviour";
import type { Press } from "./presses";

const INCLUDE = `url(${includeCursor}) 10 10, crosshair`;
const EXCLUDE = `url(${excludeCursor}) 10 10, crosshair`;

type Ground = "image" | "empty" | "outside";

/** Clicks make an object: left includes; right, or Shift and left, excludes. */
export class SegmentTool implements MapTool {
  constructor(
    private readonly imagery: ImageryLayer,
    private readonly pixelOf: (at: MapPoint) => readonly [number, number] | null,
  ) {}

  enter(): void {}

  exit(): void {}

  press(press: Press, at: MapPoint): void {
    this.click(at, includes(press));
  }

  /** A click at a place; outside the image and on empty ground none is made, and it says so. */
  click(at: MapPoint, include: boolean): void {
    const layer = activeLayer.peek();
    const ground = this.groundAt(at);
    if (layer === null || ground === "outside") {
      const others = readyLayers.peek().length > 1;
      notify(
        `There is no image here. Click on the image${others ? ", or choose another flight" : ""}.`,
      );
    } else if (ground === "empty") {
      notify("This part of the image is empty.");
    } else {
      const { x, y } = withoutNoise(at, layer.resolution);
      addClick(x, y, include);
    }
  }

  hover(at: MapPoint | null, shift: boolean): string {
    if (at !== null && this.groundAt(at) !== "image") return "not-allowed";
    return shift || tapPolarityExcludes.peek() ? EXCLUDE : INCLUDE;
  }

  private groundAt(at: MapPoint): Ground {
    const layer = activeLayer.peek();
    if (layer === null || !boxHolds(layer.extent, at)) return "outside";
    const pixel = this.pixelOf(at);
    if (pixel === null) return "image";
    return this.imagery.hasDataAt(pixel[0], pixel[1]) === false ? "empty" : "image";
  }
}

/** What a press says: the bar's switch is for fingers, and turns around what a mouse press means. */
export function includes(press: Press): boolean {
  const excludes = press.secondary || press.shift || press.long;
  return tapPolarityExcludes.peek() ? excludes && !press.long : !excludes;
}
