import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ApiError } from "../api/client";
import { answer, draft, marks, phase, savingDrafts, setCurrentDraft } from "../state/draft";
import { draftSentence } from "../state/draftBar";
import { nextUndo } from "../state/history";
import { labels, putLabels, select } from "../state/labels";
import { notices } from "../state/notices";
import { setProject } from "../state/project";
import { setTool, tool } from "../state/tool";
import { closeDraftingPage, openDraftingPage, outlined } from "../testing/draftingPage";
import {
  exampleAnswer,
  exampleEdit,
  exampleLabel,
  exampleProject,
  square,
} from "../testing/examples";
import type { FakeServer } from "../testing/fakeServer";
import { addClick } from "./addClick";
import { chooseClass } from "./classify";
import { discardDraft } from "./discardDraft";
import { operation } from "./operations";
import { receive } from "./receive";
import { editInstead, startRefining } from "./refine";
import { saveDraft } from "./saveDraft";
import { stepBack } from "./stepBack";
import { redo, undo } from "./undo";

let server: FakeServer;

beforeEach(() => {
  server = openDraftingPage();
});

afterEach(closeDraftingPage);

function types(): readonly string[] {
  return server.messages.map((message) => message.type);
}

/** The id of the edit that the last save asked for. */
function sentSave(): string {
  const last = server.messages.findLast((message) => message.type === "draft.save");
  return last?.type === "draft.save" ? last.edit : "";
}

const sentences = () => notices.value.map((one) => one.sentence);

describe("clicking", () => {
  test("the mark is there before anything was answered", () => {
    addClick(3.25, 4.5, true);
    expect(marks.value).toEqual([{ x: 3.25, y: 4.5, include: true }]);
    expect(phase.value).toBe("computing");
    expect(types()).toEqual(["draft.open", "draft.click"]);
  });

  test("a first exclude click asks for an include click", () => {
    addClick(1, 1, false);
    expect(phase.value).toBe("unseen");
    expect(draftSentence.value).toBe("Add an include click.");
  });

  test("who may only look is told whom to ask, and no draft begins", () => {
    setProject(exampleProject({ role: "viewer" }));
    addClick(1, 1, true);
    expect(draft.value).toBeNull();
    expect(sentences()).toEqual(["You may look here but not label. Ask Ana Ruiz."]);
  });

  test("an answer to a click that was taken back changes nothing on the map", async () => {
    addClick(1, 1, true);
    await server.ok();
    outlined(1, { area_m2: 10 });
    addClick(2, 2, true);
    await server.ok();
    undo();
    outlined(2, { area_m2: 20 });
    expect(answer.value?.area_m2).toBe(10);
  });

  test("a refused click is taken off the map, with its reason", async () => {
    addClick(1, 1, true);
    await server.ok();
    addClick(2, 2, true);
    await server.refuseMessage(new ApiError(0, "bad_input", "This part of the image is empty."));
    expect(marks.value).toHaveLength(1);
    expect(sentences()).toEqual(["This part of the image is empty."]);
  });

  test("a settled pass without outline says that nothing was found", async () => {
    addClick(1, 1, true);
    await server.ok();
    outlined(1, { outline: [], area_m2: 0 });
    expect(phase.value).toBe("nothing");
  });
});

describe("undo and redo", () => {
  test("with a draft open they touch its clicks only", async () => {
    addClick(1, 1, true);
    addClick(2, 2, true);
    undo();
    expect(marks.value).toHaveLength(1);
    redo();
    expect(marks.value).toHaveLength(2);
    undo();
    undo();
    undo();
    expect(marks.value).toHaveLength(0);
    expect(draft.value).not.toBeNull();
    expect(server.edits).toEqual([]);
  });

  test("the server's telling of the draft does not bring an undone click back", async () => {
    addClick(1, 1, true);
    await server.ok();
    const uid = draft.value?.uid ?? "";
    undo();
    const steps = [{ number: 1, x: 1, y: 1, include: true, settled: false }];
    const told = {
      uid,
      layer: "layer-1",
      label_class: null,
      start_label: null,
      keep_all: false,
      steps,
      answer: null,
    };
    receive({ type: "draft.state", draft: { ...told, state: "open", head: 1 } });
    expect(marks.value).toHaveLength(0);
    receive({ type: "draft.state", draft: { ...told, state: "open", head: 0 } });
    expect(marks.value).toHaveLength(0);
    await server.ok();
    expect(marks.value).toHaveLength(0);
  });

  test("without a draft undo inverts my last edit, and a save comes back as its draft", async () => {
    addClick(1, 1, true);
    await server.ok();
    outlined(1);
    saveDraft();
    await server.ok();
    const saved = savingDrafts.value[0]?.uid ?? "";
    const edit = sentSave();
    receive({ type: "draft.saved", draft: saved, edit: exampleEdit(edit, [exampleLabel()]) });
    expect(sentences()).toEqual(["Saved Iceplant #128, 400 m²."]);

    undo();
    expect(server.edits).toMatchObject([{ kind: "undo", edit }]);
    const gone = { ...exampleLabel(), deleted: true };
    const change = { number: 2, reopened_draft: saved } as const;
    await server.answerEdit(exampleEdit(server.edits[0]?.uid ?? "", [gone], change));
    expect(labels.value.size).toBe(0);
    expect(server.asked).toEqual([{ type: "draft.show", draft: saved }]);
    expect(nextUndo.value).toBeNull();
  });
});

describe("keeping all parts", () => {
  const all_parts = {
    outline: [...square(10, 10, 20), ...square(50, 50, 5)],
    area_m2: 425,
    holes_filled: 0,
    cut_at_image_edge: false,
    coarse_factor: 1,
  };

  test("shows them at once, and the same key goes back to the rule", async () => {
    addClick(1, 1, true);
    await server.ok();
    outlined(1, { parts_left_out: 1, all_parts });
    operation("draft.keepAll").run();
    expect(answer.value?.area_m2).toBe(425);
    expect(server.messages.at(-1)).toMatchObject({ type: "draft.keep_all", keep_all: true });
    operation("draft.keepAll").run();
    expect(answer.value?.area_m2).toBe(400);
    expect(server.messages.at(-1)).toMatchObject({ type: "draft.keep_all", keep_all: false });
  });

  test("is not offered where no part is left out", async () => {
    addClick(1, 1, true);
    await server.ok();
    outlined(1);
    expect(operation("draft.keepAll").disabled()).toBe("No part is left out.");
  });

  test("stays on when a click is taken back, and for the next ones", async () => {
    addClick(1, 1, true);
    await server.ok();
    outlined(1, { parts_left_out: 1, all_parts });
    operation("draft.keepAll").run();
    addClick(2, 2, true);
    undo();
    expect(answer.value?.area_m2).toBe(425);
    addClick(3, 3, true);
    await server.ok();
    outlined(2, { parts_left_out: 1, all_parts: { ...all_parts, area_m2: 500 } });
    expect(answer.value?.area_m2).toBe(500);
  });
});

describe("one step back", () => {
  test("stops the passes, then discards, then puts the tool away", async () => {
    addClick(1, 1, true);
    await server.ok();
    outlined(1, { settled: false });
    stepBack();
    expect(phase.value).toBe("stopped");
    expect(answer.value).not.toBeNull();
    stepBack();
    expect(draft.value).toBeNull();
    expect(sentences()).toEqual(["Draft discarded."]);
    stepBack();
    expect(tool.value).toBe("select");
  });

  test("a discarded draft comes back by undo", async () => {
    addClick(1, 1, true);
    await server.ok();
    const uid = draft.value?.uid;
    discardDraft();
    await server.ok();
    undo();
    expect(draft.value?.uid).toBe(uid);
    expect(marks.value).toHaveLength(1);
  });

  test("a class key or another tool never discards a draft", () => {
    addClick(1, 1, true);
    const uid = draft.value?.uid;
    chooseClass("rushseep");
    setTool("select");
    setTool("segment");
    expect(draft.value?.uid).toBe(uid);
  });
});

describe("refining a label", () => {
  test("begins from the label, with its class", () => {
    putLabels([exampleLabel({ label_class: "rushseep" })]);
    select(["label-1"]);
    startRefining();
    expect(server.messages).toMatchObject([
      { type: "draft.open", start_label: "label-1", label_class: "rushseep" },
    ]);
  });

  test("is not begun on a label that is accepted, but by a manager", () => {
    putLabels([exampleLabel({ review_state: "accepted" })]);
    select(["label-1"]);
    setProject(exampleProject({ role: "annotator" }));
    startRefining();
    expect(draft.value).toBeNull();
    expect(sentences()).toEqual(["#128 is accepted. Ask for it to be reopened."]);
  });

  test("a draft begun inside a label goes on as its refinement, with the same clicks", () => {
    putLabels([exampleLabel()]);
    addClick(15, 15, true);
    addClick(80, 80, false);
    editInstead();
    expect(draft.value?.startLabel).toBe("label-1");
    expect(marks.value).toEqual([
      { x: 15, y: 15, include: true },
      { x: 80, y: 80, include: false },
    ]);
  });
});

describe("the first message of a connection", () => {
  test("brings back the draft of a page that was loaded again", () => {
    receive({
      type: "welcome",
      engine: { connected: true, device: "cpu", model: "m", bands: [1, 2, 3] },
      last_edit: 4,
      draft: {
        uid: "old",
        layer: "layer-1",
        label_class: "iceplant",
        start_label: null,
        state: "open",
        head: 1,
        keep_all: false,
        steps: [
          { number: 1, x: 5, y: 6, include: true, settled: true },
          { number: 2, x: 7, y: 8, include: false, settled: true },
        ],
        answer: exampleAnswer(1),
      },
    });
    expect(marks.value).toEqual([{ x: 5, y: 6, include: true }]);
    expect(phase.value).toBe("settled");
    redo();
    expect(marks.value).toHaveLength(2);
  });

  test("does not put another draft in place of the one in hand", () => {
    addClick(1, 1, true);
    const uid = draft.value?.uid;
    setCurrentDraft(uid ?? null);
    receive({
      type: "welcome",
      engine: { connected: false, device: "", model: "", bands: [] },
      last_edit: 4,
      draft: null,
    });
    expect(draft.value?.uid).toBe(uid);
  });
});
