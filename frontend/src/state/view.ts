import { computed, signal } from "@preact/signals";
import type { BandView, Box, Layer } from "../api/client";
import { type Contrast, fixedRanges, splitView, withContrast } from "./contrast";
import { layers } from "./project";

export type LabelFill = "outline" | "light" | "strong";

/** Where the map looks: centre in the project's CRS, project units per CSS pixel, what is in sight. */
export interface Place {
  readonly center: readonly [number, number];
  readonly resolution: number;
  readonly extent: Box;
}

/** What a person asks of the map: it never moves by itself. */
export type MapRequest =
  | { readonly kind: "show"; readonly box: Box }
  | {
      readonly kind: "center";
      readonly center: readonly [number, number];
      readonly resolution: number | null;
    }
  | { readonly kind: "pan"; readonly dx: number; readonly dy: number }
  | { readonly kind: "zoom"; readonly steps: number }
  /** Moves the keyboard crosshair by CSS pixels. */
  | { readonly kind: "crosshair"; readonly dx: number; readonly dy: number }
  | { readonly kind: "crosshairClick"; readonly include: boolean }
  /** Takes out the vertex that the pointer was on last. */
  | { readonly kind: "removeVertex" }
  /** Of the outline that is being drawn: closes it, takes its last point back, gives it up. */
  | { readonly kind: "finishDrawing" | "takeBackPoint" | "abortDrawing" };

export interface ScaleLine {
  readonly words: string;
  readonly widthPx: number;
  /** n of 1:n at 96 dpi. */
  readonly denominator: number;
}

const chosenLayer = signal<string | null>(null);
const viewOfLayer = signal<ReadonlyMap<string, string>>(new Map());
const contrastOfView = signal<ReadonlyMap<string, Contrast>>(new Map());
const opacityOfLayer = signal<ReadonlyMap<string, number>>(new Map());
const labelsOn = signal(true);
const held = signal(false);
const fill = signal<LabelFill>("light");
const whereabouts = signal<Place | null>(null);
const pointer = signal<readonly [number, number] | null>(null);
const scale = signal<ScaleLine | null>(null);
const request = signal<{ readonly serial: number; readonly request: MapRequest } | null>(null);

export const readyLayers = computed(() => layers.value.filter((one) => one.ready));
/** The layer that is looked at and clicked on. */
export const activeLayer = computed<Layer | null>(
  () =>
    readyLayers.value.find((one) => one.uid === chosenLayer.value) ?? readyLayers.value[0] ?? null,
);
/** How the active layer is looked at; never what the model sees. */
export const activeView = computed<BandView | null>(() => {
  const layer = activeLayer.value;
  if (layer === null) return null;
  const chosen = viewOfLayer.value.get(layer.uid);
  return layer.views.find((one) => one.id === chosen) ?? layer.views[0] ?? null;
});
/** The contrast that the active view has by itself. */
export const usualContrast = computed<Contrast | null>(
  () => splitView(activeView.value?.id ?? "")?.contrast ?? null,
);
/** The contrast that it is looked at with. */
export const activeContrast = computed<Contrast | null>(
  () =>
    contrastOfView.value.get(viewKey(activeLayer.value, activeView.value)) ?? usualContrast.value,
);
/** The active view with its contrast, as the addresses of tiles spell it. */
export const activePicture = computed<string | null>(() => {
  const view = activeView.value;
  const contrast = activeContrast.value;
  return view === null || contrast === null ? null : withContrast(view.id, contrast);
});
/** The colour ramp of the active view; its ends are those of the contrast. */
export const activeLegend = computed(() => {
  const stops = activeView.value?.legend ?? [];
  const [low, high] = fixedRanges(activeContrast.value?.stretch ?? "")[0] ?? [0, 1];
  return stops.map((stop, index) => ({
    ...stop,
    value: low + ((high - low) * index) / (stops.length - 1),
  }));
});
export const activeOpacity = computed(
  () => opacityOfLayer.value.get(activeLayer.value?.uid ?? "") ?? 1,
);
/** The switch for labels. */
export const labelsVisible = computed(() => labelsOn.value);
/** True while H is held: only the image is seen. */
export const vectorsHidden = computed(() => held.value);
export const labelFill = computed(() => fill.value);
/** Null until the map has been drawn once. */
export const place = computed(() => whereabouts.value);
/** Under the pointer or the keyboard crosshair, in the project's CRS. */
export const cursor = computed(() => pointer.value);
export const scaleLine = computed(() => scale.value);
export const mapRequest = computed(() => request.value);
/** Screen pixels per image pixel; null without a layer. */
export const magnification = computed(() => {
  const layer = activeLayer.value;
  const now = whereabouts.value;
  return layer === null || now === null ? null : layer.resolution / now.resolution;
});

function viewKey(layer: Layer | null, view: BandView | null): string {
  return `${layer?.uid} ${view?.id}`;
}

export function setActiveLayer(uid: string): void {
  chosenLayer.value = uid;
}

export function setActiveView(id: string): void {
  const layer = activeLayer.peek();
  if (layer !== null) viewOfLayer.value = new Map(viewOfLayer.peek()).set(layer.uid, id);
}

/** Looks at the active view with another contrast; null: its own. */
export function setContrast(contrast: Contrast | null): void {
  const chosen = new Map(contrastOfView.peek());
  const key = viewKey(activeLayer.peek(), activeView.peek());
  if (contrast === null) chosen.delete(key);
  else chosen.set(key, contrast);
  contrastOfView.value = chosen;
}

/** The next view of the active layer, or the one before. */
export function cycleView(by: 1 | -1): void {
  const layer = activeLayer.peek();
  const now = activeView.peek();
  if (layer === null || now === null) return;
  const index = layer.views.findIndex((one) => one.id === now.id);
  const next = layer.views[(index + by + layer.views.length) % layer.views.length];
  if (next !== undefined) setActiveView(next.id);
}

/** The next or the previous of the layers that can be seen. */
export function cycleLayer(by: 1 | -1): void {
  const all = readyLayers.peek();
  const index = all.findIndex((one) => one.uid === activeLayer.peek()?.uid);
  const next = all[(index + by + all.length) % all.length];
  if (next !== undefined) setActiveLayer(next.uid);
}

export function setOpacity(layer: string, opacity: number): void {
  opacityOfLayer.value = new Map(opacityOfLayer.peek()).set(
    layer,
    Math.min(1, Math.max(0, opacity)),
  );
}

export function setLabelsVisible(value: boolean): void {
  labelsOn.value = value;
}

export function setVectorsHidden(value: boolean): void {
  held.value = value;
}

/** Outline, fill 15 %, fill 40 %, and round again. */
export function cycleFill(): void {
  const next = { outline: "light", light: "strong", strong: "outline" } as const;
  fill.value = next[fill.peek()];
}

export function setPlace(value: Place): void {
  whereabouts.value = value;
}

export function setCursor(value: readonly [number, number] | null): void {
  pointer.value = value;
}

export function setScaleLine(value: ScaleLine | null): void {
  scale.value = value;
}

export function askMap(value: MapRequest): void {
  request.value = { serial: (request.peek()?.serial ?? 0) + 1, request: value };
}

/** Leaves the project. */
export function clearView(): void {
  chosenLayer.value = null;
  viewOfLayer.value = new Map();
  contrastOfView.value = new Map();
  opacityOfLayer.value = new Map();
  whereabouts.value = null;
  pointer.value = null;
  scale.value = null;
  request.value = null;
  held.value = false;
}
