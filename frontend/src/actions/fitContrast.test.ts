import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { api } from "../api/client";
import { setProject } from "../state/project";
import { activeContrast, clearView, cycleView, setContrast, setPlace } from "../state/view";
import { exampleProject } from "../testing/examples";
import { fitContrast } from "./fitContrast";

const asked = vi.spyOn(api, "windowStretch");

beforeEach(() => {
  setProject(exampleProject());
  setPlace({ center: [5, 5], resolution: 1, extent: [0, 0, 10, 10] });
  asked.mockReset().mockResolvedValue({ stretch: "f10to90" });
});
afterEach(() => clearView());

it("fits what is in sight, and leaves midtones that were moved meanwhile", async () => {
  const fitted = fitContrast();
  setContrast({ stretch: "p2-98", gamma: 1.4 });
  await fitted;
  expect(asked).toHaveBeenCalledWith("project-1", "layer-1", "rgb_1-2-3_p2-98", [0, 0, 10, 10]);
  expect(activeContrast.value).toEqual({ stretch: "f10to90", gamma: 1.4 });
});

it("does not reach the view that somebody went on to", async () => {
  const fitted = fitContrast();
  cycleView(1);
  await fitted;
  expect(activeContrast.value).toEqual({ stretch: "p2-98", gamma: 1 });
});
