import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { forgetBefore, setBefore, shownBefore } from "../state/before";
import { clearLabels, putLabels } from "../state/labels";
import { setPreference } from "../state/preferences";
import { setProject } from "../state/project";
import { setReviewed } from "../state/review";
import { navigate } from "../state/route";
import { type Mode, mode, setCrosshair, setTool, tool } from "../state/tool";
import { vectorsHidden } from "../state/view";
import { exampleLabel, exampleProject, square } from "../testing/examples";
import { belongsToControl, listenToKeys } from "./keyboard";
import { operation, operationForKey, operations } from "./operations";

const MODES: readonly Mode[] = ["label", "crosshair", "vertices", "review", "elsewhere"];

describe("the list of operations", () => {
  test.each(MODES)("no key has two meanings in the mode %s", (where) => {
    const keys = operations.filter((one) => one.modes.includes(where)).flatMap((one) => one.keys);
    expect(keys.filter((key, index) => keys.indexOf(key) !== index)).toEqual([]);
  });

  test("every id is used once, and every operation has a title", () => {
    expect(new Set(operations.map((one) => one.id)).size).toBe(operations.length);
    for (const one of operations) expect(one.title).not.toBe("");
  });

  test("the keys that people know", () => {
    const ids = "Enter Backspace k Ctrl+z Ctrl+Shift+z Ctrl+y Escape s v /".split(" ");
    expect(ids.map((key) => operationForKey(key, "label")?.id)).toEqual([
      "draft.save",
      "draft.undoClick",
      "draft.keepAll",
      "edit.undo",
      "edit.redo",
      "edit.redo",
      "escape",
      "tool.segment",
      "tool.select",
      "class.search",
    ]);
    const drawing = "Enter Backspace Ctrl+z Escape d 1".split(" ");
    expect(drawing.map((key) => operationForKey(key, "draw")?.id)).toEqual([
      "draw.finish",
      "draw.takeBackPoint",
      "edit.undo",
      "escape",
      "tool.draw",
      "class.1",
    ]);
    expect(operationForKey("a", "review")?.id).toBe("review.accept");
    expect(operationForKey("a", "label")).toBeNull();
  });

  test("Space pans with the pointer and includes with the crosshair", () => {
    expect(operationForKey("Space", "label")?.id).toBe("map.spacePan");
    expect(operationForKey("Space", "crosshair")?.id).toBe("crosshair.include");
    expect(operationForKey("Shift+Space", "crosshair")?.id).toBe("crosshair.exclude");
  });

  test("who may only look is not offered to label", () => {
    setProject(exampleProject({ role: "viewer" }));
    for (const id of [
      "tool.segment",
      "tool.draw",
      "tool.split",
      "tool.vertices",
      "draft.save",
      "label.delete",
    ]) {
      expect(operation(id).available()).toBe(false);
    }
    expect(operation("tool.select").available()).toBe(true);
    setProject(null);
  });
});

describe("keys", () => {
  let stop: () => void;

  beforeEach(() => {
    navigate("/p/project-1");
    setProject(exampleProject());
    setTool("segment");
    setPreference("letterKeys", true);
    document.body.innerHTML = `
      <input id="text"><input id="slider" type="range"><button id="button">Save</button>
      <div id="map" role="application" tabindex="0"></div>`;
    stop = listenToKeys();
  });

  afterEach(() => {
    stop();
    setCrosshair(false);
    setProject(null);
    document.body.innerHTML = "";
  });

  function press(key: string, id: string | null = null, type = "keydown"): KeyboardEvent {
    const target = id === null ? document.body : document.getElementById(id);
    const event = new KeyboardEvent(type, { key, code: key, bubbles: true, cancelable: true });
    target?.dispatchEvent(event);
    return event;
  }

  test("choose tools, but not while somebody types", () => {
    press("v", "text");
    expect(tool.value).toBe("segment");
    expect(press("v").defaultPrevented).toBe(true);
    expect(tool.value).toBe("select");
  });

  test("Enter and Space belong to a focused button, arrows to a slider", () => {
    const element = (id: string) => document.getElementById(id);
    expect(belongsToControl(element("button"), "Enter")).toBe(true);
    expect(belongsToControl(element("button"), "b")).toBe(false);
    expect(belongsToControl(element("slider"), "ArrowLeft")).toBe(true);
    expect(belongsToControl(element("slider"), "Ctrl+z")).toBe(false);
    expect(belongsToControl(element("map"), "Enter")).toBe(false);
  });

  test("letters that are turned off act on the map alone", () => {
    setPreference("letterKeys", false);
    press("v");
    expect(tool.value).toBe("segment");
    press("v", "map");
    expect(tool.value).toBe("select");
  });

  test("H hides while it is held", () => {
    press("h");
    expect(vectorsHidden.value).toBe(true);
    press("h", null, "keyup");
    expect(vectorsHidden.value).toBe(false);
  });

  test("Y shows how the label was while it is held, and only in review", () => {
    const before = { geometry: square(10, 10, 15), area_m2: 225, revision: 1 };
    putLabels([exampleLabel()]);
    setReviewed(exampleLabel().uid);
    setBefore(exampleLabel().uid, before);
    press("y");
    expect(shownBefore.value).toBeNull();
    navigate("/p/project-1/review");
    press("y");
    expect(shownBefore.value).toBe(before);
    press("y", null, "keyup");
    expect(shownBefore.value).toBeNull();
    setReviewed(null);
    clearLabels();
    forgetBefore();
  });

  test("C takes up the crosshair, and another tool puts it away", () => {
    press("c");
    expect(mode.value).toBe("crosshair");
    press("v");
    expect(mode.value).toBe("label");
  });
});
