import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { applyPermalink } from "../actions/permalink";
import { exampleLayer, exampleProject } from "../testing/examples";
import { setProject } from "./project";
import {
  activeContrast,
  activeLegend,
  activePicture,
  activeView,
  clearView,
  cycleView,
  setContrast,
} from "./view";

const NATURAL = { id: "rgb_1-2-3_p2-98", name: "Natural colour", legend: [] };
const NDVI = {
  id: "ndvi_4-1_f-0.2to0.8",
  name: "NDVI",
  legend: [
    { value: -0.2, colour: "#000000" },
    { value: 0.3, colour: "#808080" },
    { value: 0.8, colour: "#ffff00" },
  ],
};

beforeEach(() => {
  setProject(exampleProject({ layers: [exampleLayer({ views: [NATURAL, NDVI] })] }));
});
afterEach(() => clearView());

describe("a view's contrast", () => {
  it("is in the address of its tiles, and stays with the view", () => {
    expect(activePicture.value).toBe("rgb_1-2-3_p2-98");
    setContrast({ stretch: "f10to200", gamma: 1.4 });
    expect(activePicture.value).toBe("rgb_1-2-3_f10to200_g1.4");
    cycleView(1);
    expect(activePicture.value).toBe("ndvi_4-1_f-0.2to0.8");
    cycleView(1);
    expect(activePicture.value).toBe("rgb_1-2-3_f10to200_g1.4");
    setContrast(null);
    expect(activePicture.value).toBe("rgb_1-2-3_p2-98");
  });

  it("moves the ends of its legend", () => {
    cycleView(1);
    setContrast({ stretch: "f0to0.5", gamma: 1 });
    expect(activeLegend.value.map((stop) => stop.value)).toEqual([0, 0.25, 0.5]);
  });

  it("comes back with a link", () => {
    const link = { center: null, resolution: null, layer: null, label: null };
    applyPermalink({ ...link, view: "rgb_1-2-3_f10to200_g1.4" });
    expect(activeView.value?.id).toBe("rgb_1-2-3_p2-98");
    expect(activeContrast.value).toEqual({ stretch: "f10to200", gamma: 1.4 });
    applyPermalink({ ...link, view: "rgb_9-9-9_f10to200" });
    expect(activePicture.value).toBe("rgb_1-2-3_f10to200_g1.4");
  });
});
