/** The address tells where one is: `?at=x,y,resolution&layer=...&view=...&label=128`. */

import { effect } from "@preact/signals";
import { splitView } from "../state/contrast";
import { labels, select, selectedLabel } from "../state/labels";
import { project } from "../state/project";
import { route } from "../state/route";
import {
  activeLayer,
  activePicture,
  place,
  readyLayers,
  setActiveLayer,
  setActiveView,
  setContrast,
} from "../state/view";

export interface Permalink {
  readonly center: readonly [number, number] | null;
  /** Project units per CSS pixel. */
  readonly resolution: number | null;
  readonly layer: string | null;
  readonly view: string | null;
  /** Number of the selected label. */
  readonly label: number | null;
}

const WRITE_DELAY_MS = 150;

export function readPermalink(search: string): Permalink {
  const query = new URLSearchParams(search);
  const [x, y, resolution] = (query.get("at") ?? "").split(",").map(Number);
  const isPlace = x !== undefined && y !== undefined && Number.isFinite(x) && Number.isFinite(y);
  const isScale = resolution !== undefined && Number.isFinite(resolution) && resolution > 0;
  const label = Number(query.get("label") ?? Number.NaN);
  return {
    center: isPlace && query.has("at") ? [x, y] : null,
    resolution: isScale ? resolution : null,
    layer: query.get("layer"),
    view: query.get("view"),
    label: Number.isInteger(label) && label > 0 ? label : null,
  };
}

export function writePermalink(link: Permalink): string {
  const parts: string[] = [];
  if (link.center !== null && link.resolution !== null) {
    const [x, y] = link.center.map((value) => Number(value.toFixed(3)));
    parts.push(`at=${x},${y},${Number(link.resolution.toPrecision(9))}`);
  }
  if (link.layer !== null) parts.push(`layer=${link.layer}`);
  if (link.view !== null) parts.push(`view=${encodeURIComponent(link.view)}`);
  if (link.label !== null) parts.push(`label=${link.label}`);
  return parts.length === 0 ? "" : `?${parts.join("&")}`;
}

/** Takes layer, view and selection from the address, once the project and its labels are there. */
export function applyPermalink(link: Permalink): () => void {
  if (link.layer !== null && readyLayers.peek().some((one) => one.uid === link.layer)) {
    setActiveLayer(link.layer);
  }
  const wanted = splitView(link.view ?? "");
  const view = activeLayer
    .peek()
    ?.views.find((one) => splitView(one.id)?.picture === wanted?.picture);
  if (wanted !== null && view !== undefined) {
    setActiveView(view.id);
    if (view.id !== link.view) setContrast(wanted.contrast);
  }
  if (link.label === null) return () => undefined;
  const stop = effect(() => {
    const found = [...labels.value.values()].find((one) => one.number === link.label);
    if (found === undefined) return;
    select([found.uid]);
    queueMicrotask(() => stop());
  });
  return stop;
}

/** Keeps the address true, without adding to the browser's history; returns how to stop. */
export function keepPermalink(): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const stop = effect(() => {
    const page = route.value.page;
    const at = place.value;
    const link = writePermalink({
      center: at?.center ?? null,
      resolution: at?.resolution ?? null,
      layer: activeLayer.value?.uid ?? null,
      view: activePicture.value,
      label: selectedLabel.value?.number ?? null,
    });
    const open = project.value?.uid;
    clearTimeout(timer);
    if ((page !== "label" && page !== "review") || at === null) return;
    timer = setTimeout(() => {
      if (!window.location.pathname.startsWith(`/p/${open}`)) return;
      window.history.replaceState(null, "", `${window.location.pathname}${link}`);
    }, WRITE_DELAY_MS);
  });
  return () => {
    clearTimeout(timer);
    stop();
  };
}
