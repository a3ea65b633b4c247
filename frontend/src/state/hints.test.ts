import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Project } from "../api/client";
import type { DraftOut } from "../api/socket";
import { clearDrafts, putDraft, setCurrentDraft } from "./draft";
import { closeDoneHints, closeHint, HINTS, hint, replayHints } from "./hints";
import { setPreference } from "./preferences";
import { setProject } from "./project";
import { setTool } from "./tool";

const layer = { uid: "layer", name: "NAIP", ready: true, views: [], extent: [0, 0, 1, 1] };

// As much of a project as the hints look at.
const project = {
  uid: "project",
  role: "annotator",
  classes: [],
  layers: [layer],
  members: [],
} as unknown as Project;

function draft(include: readonly boolean[], head = include.length): DraftOut {
  const steps = include.map((one, index) => ({
    number: index + 1,
    x: index,
    y: 0,
    include: one,
    settled: true,
  }));
  const answer = {
    step: head,
    number: 1,
    limit: 5,
    settled: true,
    outline: [
      [
        [
          [0, 0],
          [1, 0],
          [1, 1],
          [0, 0],
        ],
      ],
    ],
    area_m2: 1,
    parts_left_out: 0,
    specks_left_out: 0,
    holes_filled: 0,
    cut_at_image_edge: false,
    coarse_factor: 1,
    all_parts: null,
  };
  return {
    uid: "draft",
    layer: "layer",
    label_class: null,
    start_label: null,
    state: "open",
    head,
    keep_all: false,
    steps,
    answer: head === 0 ? null : answer,
  };
}

function show(out: DraftOut): void {
  putDraft(out);
  setCurrentDraft(out.uid);
}

let stop: () => void = () => undefined;

beforeEach(() => {
  setProject(project);
  setTool("segment");
  replayHints();
  stop = closeDoneHints();
});

afterEach(() => {
  stop();
  clearDrafts();
  setProject(null);
});

describe("the hints of the first run", () => {
  it("begin with the click, and go on when it was made", () => {
    expect(hint.value).toBe(HINTS[0]);
    show(draft([true]));
    expect(hint.value).toBe(HINTS[1]);
  });

  it("come when the tool is in hand", () => {
    setTool("select");
    expect(hint.value).toBeNull();
  });

  it("are closed by doing what they say", () => {
    show(draft([true, false]));
    expect(hint.value).toBe(HINTS[2]);
    show(draft([true, false], 1));
    expect(hint.value).toBeNull();
  });

  it("skip what a later deed shows to be known", () => {
    show({ ...draft([true]), state: "saving" });
    clearDrafts();
    show(draft([true]));
    expect(hint.value).toBe(HINTS[3]);
  });

  it("can be closed unseen, and never come again", () => {
    for (const _ of HINTS) closeHint();
    expect(hint.value).toBeNull();
    show(draft([true]));
    expect(hint.value).toBeNull();
  });

  it("can be shown again", () => {
    setPreference("hintsDone", 4);
    replayHints();
    expect(hint.value).toBe(HINTS[0]);
  });
});
