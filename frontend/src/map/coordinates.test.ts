// @vitest-environment node
import { describe, expect, test } from "vitest";
import { square } from "../testing/examples";
import {
  boxHolds,
  changedVertices,
  mapPoint,
  niceScale,
  withoutNoise,
  zoomResolutions,
} from "./coordinates";

describe("a place without noise", () => {
  test("is the same numbers, however it was computed", () => {
    const near = mapPoint([559684.5 + 1e-10, 4108325.1000000006]);
    expect(withoutNoise(near, 0.6)).toEqual({ x: 559684.5, y: 4108325.1 });
  });

  test("is not moved by a thousandth of an image pixel, whatever its size", () => {
    for (const pixel of [0.00025, 0.6, 1, 30, 5000]) {
      const at = mapPoint([123.456789 * pixel, -98.7654321 * pixel]);
      const { x, y } = withoutNoise(at, pixel);
      expect(Math.abs(x - at.x)).toBeLessThan(pixel / 1000);
      expect(Math.abs(y - at.y)).toBeLessThan(pixel / 1000);
    }
  });
});

describe("vertices that changed", () => {
  const before = [...square(0.1, 0.2, 7.3), ...square(50, 50, 4)];

  test("none, however the geometry was copied", () => {
    expect(changedVertices(before, structuredClone(before))).toBe(0);
  });

  test("one that was moved, also the one where the ring closes", () => {
    for (const index of [0, 2]) {
      const after = structuredClone(before);
      const ring = after[0]?.[0] ?? [];
      const moved = [99, 99];
      ring[index] = moved;
      if (index === 0) ring[ring.length - 1] = moved;
      expect(changedVertices(before, after)).toBe(1);
    }
  });

  test("one that was added, one that was taken out", () => {
    const more = structuredClone(before);
    more[1]?.[0]?.splice(1, 0, [52, 50]);
    expect(changedVertices(before, more)).toBe(1);
    expect(changedVertices(more, before)).toBe(1);
  });
});

describe("resolutions to zoom through", () => {
  test("hold the tile grid's own, so that native pixels are shown unresampled", () => {
    const grid = [4.8, 2.4, 1.2, 0.6];
    const steps = zoomResolutions(grid, [0, 0, 6000, 6000], 256, 32);
    for (const step of grid) expect(steps).toContain(step);
    expect([...steps].sort((a, b) => b - a)).toEqual(steps);
  });

  test("reach from the whole image to 32 screen pixels per image pixel", () => {
    const steps = zoomResolutions([1.2, 0.6], [0, 0, 6000, 3000], 256, 32);
    expect((steps[0] ?? 0) * 256).toBeGreaterThanOrEqual(6000);
    expect(steps.at(-1)).toBeCloseTo(0.6 / 32, 12);
  });
});

test("a scale bar has a round length that fits", () => {
  for (const metresPerPx of [0.011, 0.6, 1.7, 42]) {
    const scale = niceScale(metresPerPx, 120);
    expect(scale.widthPx).toBeLessThanOrEqual(120);
    expect(scale.widthPx).toBeGreaterThan(120 / 2.6);
    expect(["1", "2", "5"]).toContain(scale.metres.toExponential().charAt(0));
  }
  expect(niceScale(0.6, 120)).toMatchObject({ metres: 50, denominator: 2268 });
});

test("a box holds its edges", () => {
  expect(boxHolds([0, 0, 10, 10], mapPoint([10, 0]))).toBe(true);
  expect(boxHolds([0, 0, 10, 10], mapPoint([10.001, 0]))).toBe(false);
});
