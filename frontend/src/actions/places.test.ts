import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { clearLabels, putLabels, selectedLabel } from "../state/labels";
import { setProject } from "../state/project";
import { clearView, mapRequest } from "../state/view";
import { exampleLabel, exampleLayer, exampleProject } from "../testing/examples";
import { mustLoad, widened } from "./loadLabels";
import { readPermalink, writePermalink } from "./permalink";
import { goTo, lendFrames } from "./show";

describe("the address", () => {
  test("holds where one is, and gives it back", () => {
    const link = {
      center: [734_512.125, 3_818_022.5] as const,
      resolution: 0.6,
      layer: "layer-1",
      view: "b1-2-3~p2",
      label: 128,
    };
    expect(readPermalink(writePermalink(link))).toEqual(link);
  });

  test("resolutions below the native ones keep all the digits that a screen can show", () => {
    const link = {
      center: [0, 0] as const,
      resolution: 0.6 / 32,
      layer: null,
      view: null,
      label: null,
    };
    expect(readPermalink(writePermalink(link)).resolution).toBeCloseTo(0.6 / 32, 10);
  });

  test("nonsense is no place", () => {
    for (const search of ["", "?at=", "?at=1", "?at=a,b,c", "?label=-1", "?label=x"]) {
      const { center, label } = readPermalink(search);
      expect([center, label]).toEqual([null, null]);
    }
    expect(readPermalink("?at=1,2,0").resolution).toBeNull();
  });
});

describe("loading labels", () => {
  const seen = [0, 0, 100, 100] as const;
  const had = widened(seen, 0.5);

  test("a small step stays within what was loaded, a large one does not", () => {
    expect(mustLoad([40, 0, 140, 100], had, false)).toBe(false);
    expect(mustLoad([60, 0, 160, 100], had, false)).toBe(true);
    expect(mustLoad(seen, null, false)).toBe(true);
  });

  test("after a zoom in, a list that was cut short is fetched again", () => {
    expect(mustLoad([25, 25, 75, 75], had, true)).toBe(true);
    expect(mustLoad([25, 25, 75, 75], had, false)).toBe(false);
    expect(mustLoad(seen, had, true)).toBe(false);
  });
});

describe("going to a place", () => {
  beforeEach(() => {
    const extent = [-200, -200, 200, 200];
    setProject(exampleProject({ layers: [exampleLayer({ extent })] }));
    lendFrames({ fromDegrees: (lon, lat) => [lon, lat] });
  });

  afterEach(() => {
    lendFrames(null);
    clearLabels();
    clearView();
    setProject(null);
  });

  const center = () => {
    const request = mapRequest.value?.request;
    return request?.kind === "center" ? request.center : null;
  };

  test("degrees come latitude first", () => {
    expect(goTo("34.5, -120.25")).toBeNull();
    expect(center()).toEqual([-120.25, 34.5]);
  });

  test("degrees, minutes and seconds", () => {
    expect(goTo("34°30'0\"N 120°15'0\"W")).toBeNull();
    expect(center()).toEqual([-120.25, 34.5]);
  });

  test("easting and northing", () => {
    expect(goTo("190 -195")).toBeNull();
    expect(center()).toEqual([190, -195]);
  });

  test("a label by its number, which is selected", () => {
    putLabels([exampleLabel()]);
    expect(goTo("#128")).toBeNull();
    expect(selectedLabel.value?.number).toBe(128);
    expect(mapRequest.value?.request).toEqual({ kind: "show", box: [10, 10, 30, 30] });
  });

  test("what is not understood or lies outside is said, and the map stays", () => {
    const before = mapRequest.value;
    for (const text of ["", "north", "#9", "5000 5000"]) expect(goTo(text)).toMatch(/\.$/);
    expect(mapRequest.value).toBe(before);
  });
});
