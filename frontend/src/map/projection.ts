import { get as getProjection, type ProjectionLike, transform } from "ol/proj";
import { register } from "ol/proj/proj4";
import proj4 from "proj4";
import type { Crs } from "../api/client";

/** Makes the project's CRS known to the map under its id. Returns false where proj4 cannot read it. */
export function registerCrs(crs: Crs): boolean {
  proj4.defs(crs.id, crs.proj4);
  register(proj4);
  return getProjection(crs.id) !== null;
}

export function toDegrees(crs: Crs): (x: number, y: number) => readonly [number, number] {
  return (x, y) => pair(transform([x, y], crs.id, "EPSG:4326"));
}

/** Null for a place that the project's CRS does not reach. */
export function fromDegrees(
  crs: Crs,
): (lon: number, lat: number) => readonly [number, number] | null {
  return (lon, lat) => {
    const found = pair(transform([lon, lat], "EPSG:4326" satisfies ProjectionLike, crs.id));
    return found.every(Number.isFinite) ? found : null;
  };
}

function pair(values: readonly number[]): readonly [number, number] {
  const [first = Number.NaN, second = Number.NaN] = values;
  return [first, second];
}
