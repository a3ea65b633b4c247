import type { Coordinate } from "ol/coordinate";
import type Feature from "ol/Feature";
import { Point, type Polygon } from "ol/geom";
import Draw from "ol/interaction/Draw";
import Snap from "ol/interaction/Snap";
import type OlMap from "ol/Map";
import type { Style } from "ol/style";
import { drawLabel } from "../../actions/drawLabel";
import { activeClass } from "../../state/project";
import { drawnPoints, FEWEST_POINTS, setDrawnPoints } from "../../state/tool";
import { MAP_COLOURS } from "../colours";
import type { LabelLayer } from "../layers/labelLayer";
import { GRIP, outlineStyle } from "../styles";
import type { MapTool } from "./behaviour";

const SNAP_PX = 10;

/** Draws a label by hand: point by point, or as a line while Shift is held. */
export class DrawTool implements MapTool {
  private readonly draw = new Draw({
    type: "Polygon",
    minPoints: FEWEST_POINTS,
    stopClick: true,
    style: (feature) => sketchStyle(feature.getGeometry() instanceof Point),
  });
  private readonly snap: Snap;

  constructor(
    private readonly map: OlMap,
    layer: LabelLayer,
  ) {
    this.snap = new Snap({ source: layer.source, pixelTolerance: SNAP_PX });
    this.draw.on("drawstart", ({ feature }) => {
      setDrawnPoints(1);
      feature.on("change", () => setDrawnPoints(pointsOf(feature as Feature<Polygon>)));
    });
    this.draw.on("drawabort", () => setDrawnPoints(0));
    this.draw.on("drawend", ({ feature }) => this.drawn(feature as Feature<Polygon>));
  }

  enter(): void {
    this.map.addInteraction(this.draw);
    // After the tool it serves: OpenLayers hands events to the newest interaction first.
    this.map.addInteraction(this.snap);
  }

  exit(): void {
    this.draw.abortDrawing();
    this.map.removeInteraction(this.draw);
    this.map.removeInteraction(this.snap);
  }

  press(): void {}

  hover(): string {
    return "crosshair";
  }

  /** Closes the outline, as a double click does. */
  finish(): void {
    if (drawnPoints.peek() >= FEWEST_POINTS) this.draw.finishDrawing();
  }

  takeBackPoint(): void {
    this.draw.removeLastPoint();
  }

  abort(): void {
    this.draw.abortDrawing();
  }

  private drawn(feature: Feature<Polygon>): void {
    setDrawnPoints(0);
    const ring = feature.getGeometry()?.getCoordinates()[0] ?? [];
    void drawLabel([[ring]]).then((taken) => {
      if (!taken) this.goOn(ring.slice(0, -1));
    });
  }

  /** What could not be saved is there to be mended, unless something else was begun. */
  private goOn(points: Coordinate[]): void {
    if (this.draw.getMap() !== null && drawnPoints.peek() === 0) {
      this.draw.appendCoordinates(points);
    }
  }
}

/** Points that were placed: the sketch holds the pointer's as well, and the first one twice. */
function pointsOf(feature: Feature<Polygon>): number {
  return Math.max(1, (feature.getGeometry()?.getCoordinates()[0]?.length ?? 0) - 2);
}

function sketchStyle(isPointer: boolean): Style[] {
  if (isPointer) return [GRIP];
  const { colour, pattern } = activeClass.peek() ?? {
    colour: MAP_COLOURS.unclassed,
    pattern: "plain",
  };
  return outlineStyle({ settled: true, saving: false, colour, pattern });
}
