import { effect } from "@preact/signals";
import DragPan from "ol/interaction/DragPan";
import MouseWheelZoom from "ol/interaction/MouseWheelZoom";
import PinchZoom from "ol/interaction/PinchZoom";
import OlMap from "ol/Map";
import View from "ol/View";
import { drawLabel } from "../actions/drawLabel";
import { readPermalink } from "../actions/permalink";
import { lendFrames } from "../actions/show";
import { splitLabel } from "../actions/splitLabel";
import type { Crs, Layer } from "../api/client";
import { lendDegrees } from "../state/cursorWords";
import { answer, phase } from "../state/draft";
import { labels } from "../state/labels";
import {
  crosshair,
  FEWEST_POINTS,
  spacePanning,
  type Tool,
  tapPolarityExcludes,
  tool,
} from "../state/tool";
import {
  type MapRequest,
  mapRequest,
  place,
  readyLayers,
  setCursor,
  setPlace,
  setScaleLine,
} from "../state/view";
import { lengthWords } from "../state/words";
import {
  boxFrom,
  type MapPoint,
  mapPoint,
  niceScale,
  type ScreenPoint,
  zoomResolutions,
} from "./coordinates";
import { BeforeLayer } from "./layers/beforeLayer";
import { ChosenLayer } from "./layers/chosenLayer";
import { DraftLayer } from "./layers/draftLayer";
import { ImageryLayer } from "./layers/imageryLayer";
import { LabelLayer } from "./layers/labelLayer";
import { fromDegrees, toDegrees } from "./projection";
import type { MapTool } from "./tools/behaviour";
import { Crosshair } from "./tools/crosshair";
import { PRESS_PX } from "./tools/presses";
import { listenToPresses, placeIn } from "./tools/pressListener";
import { SegmentTool } from "./tools/segmentTool";
import { SelectTool } from "./tools/selectTool";
import { SketchTool } from "./tools/sketchTool";
import { VertexTool } from "./tools/vertexTool";

const ZOOM_MS = 150;
const SMALLEST_MAP_PX = 256;
/** Screen pixels per image pixel at the closest zoom. */
const MOST_ENLARGED = 32;
const SCALE_BAR_PX = 120;
const PADDING_PX = 60;

/** Requests that a map has carried out: one made while none was there waits for the next map. */
let lastServed = 0;

/** The map of an open project: view, layers, the tool in hand, and what the status line is told. */
export class MapController {
  private readonly map: OlMap;
  private readonly view: View;
  private readonly imagery: ImageryLayer;
  private readonly labelLayer: LabelLayer;
  private readonly chosenLayer: ChosenLayer;
  private readonly beforeLayer: BeforeLayer;
  private readonly draftLayer: DraftLayer;
  private readonly segment: SegmentTool;
  private readonly vertices: VertexTool;
  private readonly tools: Readonly<Record<Tool, MapTool>>;
  private readonly crosshair: Crosshair;
  private readonly stops: (() => void)[] = [];
  private current: MapTool | null = null;
  private pointer: MouseEvent | null = null;

  constructor(
    private readonly element: HTMLElement,
    private readonly crs: Crs,
    first: Layer,
  ) {
    const extent = boxFrom(first.extent);
    this.view = new View({
      projection: crs.id,
      enableRotation: false,
      constrainResolution: true,
      resolutions: zoomResolutions(
        first.tile_grid?.resolutions ?? [first.resolution],
        extent,
        SMALLEST_MAP_PX,
        MOST_ENLARGED,
      ),
      center: [(extent[0] + extent[2]) / 2, (extent[1] + extent[3]) / 2],
      resolution: first.resolution,
    });
    this.map = new OlMap({
      target: element,
      view: this.view,
      controls: [],
      // No double-click zoom, no Shift-drag zoom, no rotation, no keys: operations.ts has those.
      interactions: [
        new DragPan({ condition: (event) => pans(event.originalEvent) }),
        new MouseWheelZoom({ duration: ZOOM_MS, constrainResolution: true }),
        new PinchZoom({ duration: ZOOM_MS }),
      ],
      moveTolerance: PRESS_PX,
    });
    this.imagery = new ImageryLayer(this.map, crs);
    this.labelLayer = new LabelLayer(this.map);
    this.chosenLayer = new ChosenLayer(this.map);
    this.beforeLayer = new BeforeLayer(this.map);
    this.draftLayer = new DraftLayer(this.map);
    this.segment = new SegmentTool(this.imagery, (at) => this.pixelOf(at));
    this.vertices = new VertexTool(this.map, this.labelLayer, this.chosenLayer);
    this.tools = {
      segment: this.segment,
      select: new SelectTool(this.map, this.labelLayer),
      draw: new SketchTool(this.map, this.labelLayer, {
        type: "Polygon",
        fewestPoints: FEWEST_POINTS.draw,
        save: (ring) => drawLabel([[ring]]),
      }),
      split: new SketchTool(this.map, this.labelLayer, {
        type: "LineString",
        fewestPoints: FEWEST_POINTS.split,
        save: splitLabel,
      }),
      vertices: this.vertices,
    };
    this.crosshair = new Crosshair(element);
  }

  attach(): void {
    this.lookSomewhere();
    lendDegrees(toDegrees(this.crs));
    lendFrames({ fromDegrees: fromDegrees(this.crs) });
    this.imagery.attach();
    this.labelLayer.attach();
    this.chosenLayer.attach();
    this.beforeLayer.attach();
    this.draftLayer.attach();
    this.follow();
    this.listen();
    this.tellOfRendering();
  }

  dispose(): void {
    for (const stop of this.stops) stop();
    this.current?.exit();
    this.crosshair.hide();
    this.draftLayer.dispose();
    this.beforeLayer.dispose();
    this.chosenLayer.dispose();
    this.labelLayer.dispose();
    this.imagery.dispose();
    lendDegrees(null);
    lendFrames(null);
    setCursor(null);
    this.map.setTarget(undefined);
    this.map.dispose();
  }

  /** The address first, then where this project was looked at before, then the whole image. */
  private lookSomewhere(): void {
    this.map.updateSize();
    const address = readPermalink(window.location.search);
    const before = place.peek();
    if (address.center !== null) {
      this.view.setCenter([...address.center]);
      this.view.setResolution(address.resolution ?? this.view.getResolution());
    } else if (before !== null) {
      this.view.setCenter([...before.center]);
      this.view.setResolution(before.resolution);
    } else {
      const [layer] = readyLayers.peek();
      if (layer !== undefined)
        this.view.fit([...boxFrom(layer.extent)], { padding: [20, 20, 20, 20] });
    }
    this.tellPlace();
  }

  /** Signals that the map obeys. */
  private follow(): void {
    this.stops.push(
      effect(() => {
        const next = this.tools[tool.value];
        if (next === this.current) return;
        this.current?.exit();
        next.enter();
        this.current = next;
        this.showCursor();
      }),
      effect(() => {
        if (crosshair.value) {
          this.crosshair.show();
          this.element.focus({ preventScroll: true });
        } else this.crosshair.hide();
        this.tellCursor();
      }),
      effect(() => {
        const wanted = mapRequest.value;
        if (wanted === null || wanted.serial <= lastServed) return;
        lastServed = wanted.serial;
        this.serve(wanted.request);
      }),
      effect(() => {
        this.element.dataset.draftState = phase.value;
        this.element.dataset.draftPass = answer.value === null ? "" : String(answer.value.number);
      }),
      effect(() => {
        this.element.dataset.labels = String(labels.value.size);
      }),
      effect(() => {
        void [spacePanning.value, tapPolarityExcludes.value];
        this.showCursor();
      }),
    );
  }

  private serve(request: MapRequest): void {
    const resolution = this.view.getResolution() ?? 1;
    const [x = 0, y = 0] = this.view.getCenter() ?? [];
    switch (request.kind) {
      case "show": {
        const padding = [PADDING_PX, PADDING_PX, PADDING_PX, PADDING_PX];
        this.view.fit([...request.box], { padding, minResolution: this.finestToFit() });
        break;
      }
      case "center":
        this.view.setCenter([...request.center]);
        if (request.resolution !== null) this.view.setResolution(request.resolution);
        break;
      case "pan":
        this.view.animate({
          center: [x + request.dx * resolution, y - request.dy * resolution],
          duration: moves() ? ZOOM_MS : 0,
        });
        return;
      case "zoom":
        this.view.adjustZoom(request.steps, this.zoomAnchor());
        return;
      case "crosshair":
        this.crosshair.move(request.dx, request.dy);
        this.tellCursor();
        return;
      case "crosshairClick": {
        const at = this.placeAt(this.crosshair.at);
        if (at !== null) this.segment.click(at, request.include);
        return;
      }
      case "removeVertex":
        this.vertices.removeVertex();
        return;
      case "finishDrawing":
        this.sketch()?.finish();
        return;
      case "takeBackPoint":
        this.sketch()?.takeBackPoint();
        return;
      case "abortDrawing":
        this.sketch()?.abort();
        return;
    }
    this.tellPlace();
  }

  private sketch(): SketchTool | null {
    return this.current instanceof SketchTool ? this.current : null;
  }

  /** Small labels are framed with their surroundings: at most four screen pixels per image pixel. */
  private finestToFit(): number {
    return (readyLayers.peek()[0]?.resolution ?? 1) / 4;
  }

  private zoomAnchor(): number[] | undefined {
    if (crosshair.peek()) return this.map.getCoordinateFromPixel(pixel(this.crosshair.at));
    if (this.pointer === null) return undefined;
    return this.map.getCoordinateFromPixel(pixel(placeIn(this.element, this.pointer)));
  }

  /** Pointer and view, as the browser and OpenLayers tell of them. */
  private listen(): void {
    const stop = new AbortController();
    const { signal } = stop;
    const element = this.element;
    element.addEventListener("pointerdown", () => element.focus({ preventScroll: true }), {
      signal,
    });
    element.addEventListener("pointermove", (event) => this.pointerMoved(event), { signal });
    element.addEventListener("pointerleave", () => this.pointerMoved(null), { signal });
    const shifted = (event: KeyboardEvent): void => {
      if (event.key === "Shift") this.showCursor(event.shiftKey);
    };
    window.addEventListener("keydown", shifted, { signal });
    window.addEventListener("keyup", shifted, { signal });
    const resized = new ResizeObserver(() => this.map.updateSize());
    resized.observe(element);
    this.map.on("moveend", () => this.tellPlace());
    this.stops.push(
      () => stop.abort(),
      () => resized.disconnect(),
      listenToPresses(element, (press) => {
        const at = this.placeAt(press.at);
        if (at !== null && !spacePanning.peek()) this.current?.press(press, at);
      }),
    );
  }

  private pointerMoved(event: PointerEvent | null): void {
    const last = this.pointer;
    this.pointer = event;
    // Space held: the map follows the pointer, with no button down.
    if (spacePanning.peek() && event !== null && last !== null && event.buttons === 0) {
      const resolution = this.view.getResolution() ?? 0;
      const [x = 0, y = 0] = this.view.getCenter() ?? [];
      const [dx, dy] = [event.clientX - last.clientX, event.clientY - last.clientY];
      this.view.setCenter([x - dx * resolution, y + dy * resolution]);
    }
    this.tellCursor();
    this.showCursor();
  }

  private showCursor(shift = this.pointer?.shiftKey ?? false): void {
    const at = this.pointer === null ? null : this.placeAt(placeIn(this.element, this.pointer));
    const buttons = this.pointer?.buttons ?? 0;
    const cursor = this.current?.hover(at, shift) ?? "";
    this.element.style.cursor = spacePanning.peek() ? "grab" : buttons === 1 ? "grabbing" : cursor;
  }

  private tellCursor(): void {
    const at = crosshair.peek()
      ? this.crosshair.at
      : this.pointer === null
        ? null
        : placeIn(this.element, this.pointer);
    const found = at === null ? null : this.placeAt(at);
    setCursor(found === null ? null : [found.x, found.y]);
  }

  private tellPlace(): void {
    const center = this.view.getCenter();
    const resolution = this.view.getResolution();
    if (center === undefined || resolution === undefined) return;
    const { x, y } = mapPoint(center);
    setPlace({ center: [x, y], resolution, extent: boxFrom(this.view.calculateExtent()) });
    const scale = niceScale(resolution * this.crs.metres_per_unit, SCALE_BAR_PX);
    setScaleLine({
      words: lengthWords(scale.metres),
      widthPx: scale.widthPx,
      denominator: scale.denominator,
    });
  }

  /** `data-rendered` on the map element: "true" while everything asked for is drawn. */
  private tellOfRendering(): void {
    this.element.dataset.rendered = "false";
    this.map.on("precompose", () => {
      this.element.dataset.rendered = "false";
    });
    this.map.on("rendercomplete", () => {
      this.element.dataset.rendered = "true";
    });
  }

  private placeAt(at: ScreenPoint): MapPoint | null {
    const found = this.map.getCoordinateFromPixel(pixel(at));
    return found === null ? null : mapPoint(found);
  }

  private pixelOf(at: MapPoint): readonly [number, number] | null {
    const [left, top] = this.map.getPixelFromCoordinate([at.x, at.y]) ?? [];
    return left === undefined || top === undefined ? null : [left, top];
  }
}

function pixel(at: ScreenPoint): number[] {
  return [at.left, at.top];
}

function moves(): boolean {
  return !matchMedia("(prefers-reduced-motion: reduce)").matches;
}

/** Left or middle button, or a finger; with Shift a drag is a box where the tool has one. */
function pans(event: Event): boolean {
  if (!(event instanceof PointerEvent)) return true;
  const selects = tool.peek() === "select" && event.shiftKey;
  return (event.button === 0 || event.button === 1 || event.button === -1) && !selects;
}
