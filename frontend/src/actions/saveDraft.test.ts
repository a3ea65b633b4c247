import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ApiError } from "../api/client";
import { draft, marks, savingDrafts } from "../state/draft";
import { nextUndo, recordDeed } from "../state/history";
import { labels } from "../state/labels";
import { notices } from "../state/notices";
import { tool } from "../state/tool";
import { closeDraftingPage, openDraftingPage, outlined } from "../testing/draftingPage";
import { exampleEdit, exampleLabel, square } from "../testing/examples";
import type { FakeServer } from "../testing/fakeServer";
import { addClick } from "./addClick";
import { chooseClass } from "./classify";
import { receive } from "./receive";
import { saveDraft } from "./saveDraft";
import { undo } from "./undo";

let server: FakeServer;

beforeEach(() => {
  server = openDraftingPage();
});

afterEach(closeDraftingPage);

const types = () => server.messages.map((message) => message.type);

describe("saving", () => {
  test("frees the tool at once and keeps the outline until the commit", async () => {
    addClick(1, 1, true);
    await server.ok();
    outlined(1, { settled: false });
    saveDraft();
    expect(draft.value).toBeNull();
    expect(tool.value).toBe("segment");
    expect(savingDrafts.value).toHaveLength(1);
    addClick(9, 9, true);
    expect(marks.value).toHaveLength(1);
    await server.ok();
    receive({
      type: "draft.saved",
      draft: savingDrafts.value[0]?.uid ?? "",
      edit: exampleEdit("edit-1", [exampleLabel()]),
    });
    expect(savingDrafts.value).toHaveLength(0);
    expect(labels.value.get("label-1")?.number).toBe(128);
    expect(marks.value).toHaveLength(1);
  });

  test("shows the label as it was cut, and says so beside the area", async () => {
    addClick(1, 1, true);
    await server.ok();
    outlined(1);
    saveDraft();
    await server.ok();
    const cut = [{ label: "label-97", number: 97, area_m2: 300 }];
    const rest = exampleLabel({ geometry: square(10, 10, 10), area_m2: 100 });
    const uid = nextUndo.value?.kind === "edit" ? nextUndo.value.edit : "";
    const draftUid = savingDrafts.value[0]?.uid ?? "";
    receive({ type: "draft.saved", draft: draftUid, edit: exampleEdit(uid, [rest], { cut }) });
    expect(savingDrafts.value).toHaveLength(0);
    expect(labels.value.get("label-1")?.geometry).toEqual(square(10, 10, 10));
    const told = notices.value.at(-1);
    expect(told?.sentence).toBe("Saved Iceplant #128, 100 m². 300 m² was cut where #97 is.");
    expect(told?.actions.map((one) => one.title)).toEqual(["Undo"]);
    expect(nextUndo.value?.words).toBe("Saved Iceplant #128, 100 m².");
  });

  test("is undone while passes run by opening the draft again, not by taking an older edit back", async () => {
    recordDeed({ kind: "edit", edit: "older", words: "Deleted #1." });
    addClick(1, 1, true);
    await server.ok();
    outlined(1, { settled: false });
    const uid = draft.value?.uid;
    saveDraft();
    undo();
    expect(types().slice(-3)).toEqual(["draft.save", "draft.discard", "draft.restore"]);
    expect(server.edits).toEqual([]);
    expect(draft.value?.uid).toBe(uid);
    expect(marks.value).toHaveLength(1);
    expect(nextUndo.value).toMatchObject({ edit: "older" });
  });

  test("is not offered to be undone where the server refused it", async () => {
    addClick(1, 1, true);
    await server.ok();
    saveDraft();
    expect(nextUndo.value).not.toBeNull();
    await server.refuseMessage(new ApiError(0, "bad_input", "This class is retired."));
    expect(nextUndo.value).toBeNull();
    expect(marks.value).toHaveLength(1);
  });

  test("nothing found is not saved", async () => {
    addClick(1, 1, true);
    await server.ok();
    outlined(1, { outline: [] });
    saveDraft();
    expect(types()).not.toContain("draft.save");
    expect(draft.value).not.toBeNull();
  });

  test("a save that the server could not carry out opens the draft again", async () => {
    addClick(1, 1, true);
    await server.ok();
    outlined(1, { settled: false });
    saveDraft();
    await server.ok();
    const uid = savingDrafts.value[0]?.uid ?? "";
    const steps = [{ number: 1, x: 1, y: 1, include: true, settled: true }];
    receive({
      type: "draft.state",
      draft: {
        uid,
        layer: "layer-1",
        label_class: "iceplant",
        start_label: null,
        state: "open",
        head: 1,
        keep_all: false,
        steps,
        answer: null,
      },
    });
    expect(draft.value?.uid).toBe(uid);
    expect(nextUndo.value).toBeNull();
  });

  test("takes the class that was chosen last", () => {
    addClick(1, 1, true);
    chooseClass("rushseep");
    saveDraft();
    expect(server.messages.at(-1)).toMatchObject({ type: "draft.save", label_class: "rushseep" });
  });
});
