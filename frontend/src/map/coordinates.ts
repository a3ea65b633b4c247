/** Coordinates whose type tells their frame, and the arithmetic of the map's geometries. No map library here. */

import type { Box, MultiPolygon } from "../api/client";

declare const frame: unique symbol;

export type MapX = number & { readonly [frame]: "x_map" };
export type MapY = number & { readonly [frame]: "y_map" };
export type Lon = number & { readonly [frame]: "lon" };
export type Lat = number & { readonly [frame]: "lat" };

/** A place in the project's CRS. */
export interface MapPoint {
  readonly x: MapX;
  readonly y: MapY;
}

/** CSS pixels from the map element's upper left corner. */
export interface ScreenPoint {
  readonly left: number;
  readonly top: number;
}

/** The one place where plain numbers become a place on the map. */
export function mapPoint(coordinate: readonly number[]): MapPoint {
  const [x, y] = coordinate;
  if (x === undefined || y === undefined) throw new Error("A place has two coordinates.");
  return { x: x as MapX, y: y as MapY };
}

/**
 * A place without the noise of its arithmetic, to a thousandth of `pixel` or finer: the same place
 * is the same numbers at every zoom.
 */
export function withoutNoise({ x, y }: MapPoint, pixel: number): MapPoint {
  const digits = Math.min(100, Math.max(0, Math.ceil(-Math.log10(pixel / 1000))));
  return mapPoint([Number(x.toFixed(digits)), Number(y.toFixed(digits))]);
}

export function distance(a: ScreenPoint, b: ScreenPoint): number {
  return Math.hypot(a.left - b.left, a.top - b.top);
}

export function boxHolds(box: readonly number[], at: MapPoint): boolean {
  const [minX = Infinity, minY = Infinity, maxX = -Infinity, maxY = -Infinity] = box;
  return at.x >= minX && at.x <= maxX && at.y >= minY && at.y <= maxY;
}

/** A box of four numbers, checked. */
export function boxFrom(values: readonly number[]): Box {
  const [minX, minY, maxX, maxY] = values;
  if (minX === undefined || minY === undefined || maxX === undefined || maxY === undefined) {
    throw new Error("A box has four numbers.");
  }
  return [minX, minY, maxX, maxY];
}

/** Vertices of a geometry that are at another place, or are only in one of the two. */
export function changedVertices(before: MultiPolygon, after: MultiPolygon): number {
  const keys = (geometry: MultiPolygon): Map<string, number> => {
    const counts = new Map<string, number>();
    for (const ring of geometry.flat()) {
      // The closing vertex is the first one again.
      for (const [x, y] of ring.slice(0, -1)) {
        const key = `${x} ${y}`;
        counts.set(key, (counts.get(key) ?? 0) + 1);
      }
    }
    return counts;
  };
  const rest = keys(before);
  let added = 0;
  for (const [key, count] of keys(after)) {
    const had = rest.get(key) ?? 0;
    added += Math.max(0, count - had);
    rest.set(key, Math.max(0, had - count));
  }
  const gone = [...rest.values()].reduce((sum, count) => sum + count, 0);
  return Math.max(added, gone);
}

/** Resolutions to zoom through: the tile grid's own, coarser ones to see all, finer ones to enlarge. */
export function zoomResolutions(
  grid: readonly number[],
  extent: Box,
  smallestMapPx: number,
  enlarge: number,
): number[] {
  const steps = [...grid].sort((a, b) => b - a);
  const finest = steps.at(-1);
  const coarsest = steps[0];
  if (finest === undefined || coarsest === undefined) return [];
  const side = Math.max(extent[2] - extent[0], extent[3] - extent[1]);
  const above: number[] = [];
  for (let step = coarsest * 2; step < (2 * side) / smallestMapPx; step *= 2) above.unshift(step);
  const below: number[] = [];
  for (let factor = 2; factor <= enlarge; factor *= 2) below.push(finest / factor);
  return [...above, ...steps, ...below];
}

const NICE = [1, 2, 5] as const;
/** Metres on paper or screen of one CSS pixel, at 96 to the inch. */
const CSS_PIXEL_M = 0.0254 / 96;

export interface NiceScale {
  readonly metres: number;
  readonly widthPx: number;
  readonly denominator: number;
}

/** The longest round length (1, 2 or 5 times a power of ten) that a scale bar of `mostPx` can show. */
export function niceScale(metresPerPx: number, mostPx: number): NiceScale {
  const most = metresPerPx * mostPx;
  const power = 10 ** Math.floor(Math.log10(most));
  const metres = power * (NICE.findLast((digit) => digit * power <= most) ?? 1);
  return {
    metres,
    widthPx: metres / metresPerPx,
    denominator: Math.round(metresPerPx / CSS_PIXEL_M),
  };
}
