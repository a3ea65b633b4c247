import type { Box, Label, Layer } from "../api/client";
import { boxOf } from "../state/draftData";
import { labels, select } from "../state/labels";
import { activeLayer, askMap, setActiveLayer } from "../state/view";

export function showBox(box: Box): void {
  askMap({ kind: "show", box });
}

/** Frames a label: only ever because a person asked for it. */
export function showLabel(label: Label): void {
  const box = boxOf(label.geometry);
  if (box !== null) showBox(box);
}

export function showLayer(layer: Layer): void {
  setActiveLayer(layer.uid);
  const [minX, minY, maxX, maxY] = layer.extent;
  if (minX !== undefined && minY !== undefined && maxX !== undefined && maxY !== undefined) {
    showBox([minX, minY, maxX, maxY]);
  }
}

export interface GoToFrames {
  /** Longitude and latitude to the project's CRS. */
  readonly fromDegrees: (lon: number, lat: number) => readonly [number, number] | null;
}

let frames: GoToFrames | null = null;

/** The map knows the project's CRS and lends its transform. */
export function lendFrames(value: GoToFrames | null): void {
  frames = value;
}

const DMS =
  /(\d+(?:\.\d+)?)\s*°\s*(?:(\d+(?:\.\d+)?)\s*['′]\s*)?(?:(\d+(?:\.\d+)?)\s*["″]\s*)?([NSEWnsew])/g;

function degreesOf(text: string): { readonly lat: number; readonly lon: number } | null {
  const parts = [...text.matchAll(DMS)];
  if (parts.length === 2) {
    let [lat, lon] = [Number.NaN, Number.NaN];
    for (const [, degrees, minutes = "0", seconds = "0", side = ""] of parts) {
      const value = Number(degrees) + Number(minutes) / 60 + Number(seconds) / 3600;
      const signed = /[SWsw]/.test(side) ? -value : value;
      if (/[NSns]/.test(side)) lat = signed;
      else lon = signed;
    }
    return Number.isFinite(lat) && Number.isFinite(lon) ? { lat, lon } : null;
  }
  const numbers = numbersOf(text);
  if (numbers === null) return null;
  const [lat, lon] = numbers;
  return Math.abs(lat) <= 90 && Math.abs(lon) <= 180 ? { lat, lon } : null;
}

function numbersOf(text: string): readonly [number, number] | null {
  const parts = text.trim().split(/[\s,;]+/);
  if (parts.length !== 2) return null;
  const [first, second] = parts.map(Number);
  if (first === undefined || second === undefined) return null;
  return Number.isFinite(first) && Number.isFinite(second) ? [first, second] : null;
}

/**
 * Goes to "#128", "34.47, -120.45" (latitude first), degrees with minutes and seconds, or
 * easting and northing. Returns null, or a sentence when it cannot.
 */
export function goTo(text: string): string | null {
  const number = /^\s*#?(\d+)\s*$/.exec(text)?.[1];
  if (number !== undefined) {
    const label = [...labels.peek().values()].find((one) => one.number === Number(number));
    if (label === undefined) return `#${number} is not near here. Go to its place instead.`;
    select([label.uid]);
    showLabel(label);
    return null;
  }
  const degrees = degreesOf(text);
  const center =
    degrees === null ? numbersOf(text) : (frames?.fromDegrees(degrees.lon, degrees.lat) ?? null);
  if (center === null)
    return "Type degrees (34.47, -120.45), easting and northing, or a label's number.";
  const extent = activeLayer.peek()?.extent;
  if (extent !== undefined) {
    const [minX = 0, minY = 0, maxX = 0, maxY = 0] = extent;
    const [x, y] = center;
    if (x < minX || x > maxX || y < minY || y > maxY) {
      return "There is no image there. Check the numbers, or choose another flight.";
    }
  }
  askMap({ kind: "center", center, resolution: null });
  return null;
}
