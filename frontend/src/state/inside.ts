import type { Label, MultiPolygon } from "../api/client";

/** Even-odd rule over all rings, so that a hole is outside. */
export function contains(geometry: MultiPolygon, x: number, y: number): boolean {
  let inside = false;
  for (const polygon of geometry) {
    for (const ring of polygon) {
      for (let index = 0; index + 1 < ring.length; index += 1) {
        const [ax = 0, ay = 0] = ring[index] ?? [];
        const [bx = 0, by = 0] = ring[index + 1] ?? [];
        if (ay > y !== by > y && x < ax + ((y - ay) / (by - ay)) * (bx - ax)) inside = !inside;
      }
    }
  }
  return inside;
}

/** Labels that hold a place, the smallest first: it lies on top. */
export function labelsAt(labels: Iterable<Label>, x: number, y: number): readonly Label[] {
  return [...labels]
    .filter((label) => contains(label.geometry, x, y))
    .sort((a, b) => a.area_m2 - b.area_m2);
}
