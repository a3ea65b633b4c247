import type { Coordinate } from "ol/coordinate";
import { noModifierKeys, primaryAction } from "ol/events/condition";
import type Feature from "ol/Feature";
import { LineString, Point, Polygon } from "ol/geom";
import Draw from "ol/interaction/Draw";
import Snap from "ol/interaction/Snap";
import type OlMap from "ol/Map";
import type { Style } from "ol/style";
import { activeClass } from "../../state/project";
import { drawnPoints, setDrawnPoints } from "../../state/tool";
import { MAP_COLOURS } from "../colours";
import type { LabelLayer } from "../layers/labelLayer";
import { DASHED, GRIP, outlineStyle } from "../styles";
import type { MapTool } from "./behaviour";

const SNAP_PX = 10;

export interface SketchOptions {
  readonly type: "Polygon" | "LineString";
  readonly fewestPoints: number;
  /** Resolves with whether what was drawn is saved; a polygon's ring ends where it begins. */
  readonly save: (points: Coordinate[]) => Promise<boolean>;
}

/** Draws an outline or a line: point by point, or in one go while Shift is held. */
export class SketchTool implements MapTool {
  private readonly draw: Draw;
  private readonly snap: Snap;

  constructor(
    private readonly map: OlMap,
    layer: LabelLayer,
    private readonly options: SketchOptions,
  ) {
    this.draw = new Draw({
      type: options.type,
      minPoints: options.fewestPoints,
      stopClick: true,
      // A right click, which elsewhere leaves something out, places no point.
      condition: (event) => primaryAction(event) && noModifierKeys(event),
      style: sketchStyle,
    });
    this.snap = new Snap({ source: layer.source, pixelTolerance: SNAP_PX });
    this.draw.on("drawstart", ({ feature }) => {
      setDrawnPoints(1);
      feature.on("change", () => setDrawnPoints(placedPoints(feature)));
    });
    this.draw.on("drawabort", () => setDrawnPoints(0));
    this.draw.on("drawend", ({ feature }) => this.drawn(pointsOf(feature)));
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

  /** Ends the sketch and saves it, as a double click does. */
  finish(): void {
    if (drawnPoints.peek() >= this.options.fewestPoints) this.draw.finishDrawing();
  }

  takeBackPoint(): void {
    this.draw.removeLastPoint();
  }

  abort(): void {
    this.draw.abortDrawing();
  }

  private drawn(points: Coordinate[]): void {
    setDrawnPoints(0);
    void this.options.save(points).then((saved) => {
      if (!saved) this.goOn(this.options.type === "Polygon" ? points.slice(0, -1) : points);
    });
  }

  /** What could not be saved is there to be mended, unless something else was begun. */
  private goOn(points: Coordinate[]): void {
    if (this.draw.getMap() !== null && drawnPoints.peek() === 0) {
      this.draw.appendCoordinates(points);
    }
  }
}

function pointsOf(feature: Feature): Coordinate[] {
  const geometry = feature.getGeometry();
  if (geometry instanceof Polygon) return geometry.getCoordinates()[0] ?? [];
  return geometry instanceof LineString ? geometry.getCoordinates() : [];
}

/** A sketch holds the pointer's place as well, and a polygon's its first point twice. */
function placedPoints(feature: Feature): number {
  const also = feature.getGeometry() instanceof Polygon ? 2 : 1;
  return Math.max(1, pointsOf(feature).length - also);
}

function sketchStyle(feature: { getGeometry(): unknown }): Style[] {
  const geometry = feature.getGeometry();
  if (geometry instanceof Point) return [GRIP];
  if (geometry instanceof LineString) return DASHED;
  const { colour, pattern } = activeClass.peek() ?? {
    colour: MAP_COLOURS.unclassed,
    pattern: "plain" as const,
  };
  return outlineStyle({ settled: true, saving: false, colour, pattern });
}
