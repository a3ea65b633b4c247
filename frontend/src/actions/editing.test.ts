import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { ApiError } from "../api/client";
import { conflict } from "../state/conflict";
import { clearDrafts } from "../state/draft";
import { nextRedo, nextUndo, openHistory, recordDeed } from "../state/history";
import { clearLabels, labels, putLabels, select } from "../state/labels";
import { dismiss, notices } from "../state/notices";
import { activeClass, setProject } from "../state/project";
import { reviewed, reviewQueue, setReviewed, setReviewFetched } from "../state/review";
import { setSession } from "../state/session";
import { clearTypedNotes, keepTypedNote, typedNotes } from "../state/typedNotes";
import { ANA, BEN, exampleEdit, exampleLabel, exampleProject, square } from "../testing/examples";
import { type FakeServer, openFakeServer } from "../testing/fakeServer";
import { chooseClass, setNote, toggleCertainty } from "./classify";
import { keepTheirs, keepYours } from "./conflict";
import { deleteLabels } from "./deleteLabels";
import { setLink } from "./link";
import { receive } from "./receive";
import { reshapeLabel } from "./reshapeLabel";
import { accept, openReviewed, returnLabel } from "./review";
import { redo, undo } from "./undo";

let server: FakeServer;
const LABEL = exampleLabel();

beforeEach(() => {
  // Counts and lists are fetched behind the actions; here nothing answers.
  vi.stubGlobal("fetch", () => new Promise(() => undefined));
  sessionStorage.clear();
  setProject(exampleProject());
  openHistory("user-ana", "project-1");
  setSession({ user: ANA, may_create_users: false, csrf_token: "t", version: "1" });
  server = openFakeServer();
  putLabels([LABEL]);
});

afterEach(() => {
  vi.unstubAllGlobals();
  setLink(null);
  clearDrafts();
  clearLabels();
  clearTypedNotes();
  setReviewed(null);
  setReviewFetched(null);
  keepTheirs();
  setProject(null);
  for (const one of notices.value) dismiss(one.id);
});

const lastEdit = () => server.edits.at(-1)?.uid ?? "";

describe("selected labels", () => {
  test("take the class that is chosen, at once and as one edit", () => {
    putLabels([exampleLabel({ uid: "label-2", number: 129, revision: 4 })]);
    select(["label-1", "label-2"]);
    chooseClass("rushseep");
    expect([...labels.value.values()].map((one) => one.label_class)).toEqual([
      "rushseep",
      "rushseep",
    ]);
    expect(server.edits).toMatchObject([
      {
        kind: "classify",
        labels: [
          { label: "label-1", base_revision: 1 },
          { label: "label-2", base_revision: 4 },
        ],
      },
    ]);
  });

  test("that have the class already are not edited", () => {
    select(["label-1"]);
    chooseClass("iceplant");
    expect(server.edits).toEqual([]);
  });

  test("two changes in a row build on each other before the first is confirmed", async () => {
    select(["label-1"]);
    chooseClass("rushseep");
    toggleCertainty();
    const first = { ...LABEL, label_class: "rushseep", revision: 2 };
    await server.answerEdit(exampleEdit(lastEdit(), [first]));
    expect(server.edits).toMatchObject([
      { labels: [{ base_revision: 1 }] },
      { labels: [{ base_revision: 2 }], certainty: "possible" },
    ]);
  });

  test("a change builds on one that was heard of before its answer came", async () => {
    select(["label-1"]);
    chooseClass("rushseep");
    const first = { ...LABEL, label_class: "rushseep", revision: 2 };
    const landed = exampleEdit(lastEdit(), [first]);
    receive({ type: "labels.changed", edit: landed });
    expect(labels.value.get("label-1")).toEqual(first);
    toggleCertainty();
    expect(labels.value.get("label-1")).toMatchObject({ certainty: "possible", revision: 3 });
    await server.answerEdit(landed);
    expect(server.edits.at(-1)).toMatchObject({ labels: [{ base_revision: 2 }] });
  });

  test("without any, the class is that of the next draft", () => {
    chooseClass("rushseep");
    expect(activeClass.value?.uid).toBe("rushseep");
    expect(server.edits).toEqual([]);
  });

  test("are deleted, undone and redone", async () => {
    select(["label-1"]);
    deleteLabels();
    expect(labels.value.size).toBe(0);
    const deleted = lastEdit();
    const gone = { ...LABEL, deleted: true };
    await server.answerEdit(exampleEdit(deleted, [gone], { number: 1, kind: "delete" }));
    expect(nextUndo.value).toMatchObject({ words: "Deleted #128." });

    undo();
    expect(server.edits.at(-1)).toMatchObject({ kind: "undo", edit: deleted });
    const undone = lastEdit();
    await server.answerEdit(exampleEdit(undone, [LABEL], { number: 2, kind: "restore" }));
    expect(labels.value.size).toBe(1);
    expect(nextUndo.value).toBeNull();

    redo();
    expect(server.edits.at(-1)).toMatchObject({ kind: "undo", edit: undone });
    expect(nextRedo.value).toBeNull();
  });

  test("are brought back by an undo that comes before the server has deleted them", async () => {
    recordDeed({ kind: "edit", edit: "older", words: "Reshaped #1." });
    select(["label-1"]);
    deleteLabels();
    const deleted = lastEdit();
    undo();
    await server.answerEdit(exampleEdit(deleted, [{ ...LABEL, deleted: true }], { number: 1 }));
    expect(server.edits).toMatchObject([{ kind: "delete" }, { kind: "undo", edit: deleted }]);
    expect(notices.value).toEqual([]);
    await server.answerEdit(exampleEdit(lastEdit(), [LABEL], { number: 2 }));
    expect(labels.value.size).toBe(1);
    expect(nextUndo.value).toMatchObject({ edit: "older" });
  });

  test("that the server does not delete leave nothing to undo or redo", async () => {
    select(["label-1"]);
    deleteLabels();
    undo();
    await server.refuseEdit(new ApiError(403, "not_allowed", "You may look here but not label."));
    expect(server.edits).toHaveLength(1);
    expect([nextUndo.value, nextRedo.value]).toEqual([null, null]);
    expect(notices.value).toHaveLength(1);
  });

  test("keep a note that the server refused, until it is taken back", async () => {
    const typed = () => typedNotes.value.get("label-1");
    void setNote(LABEL, "Ragged in the north");
    await server.refuseEdit(new ApiError(403, "not_allowed", "You may look here but not label."));
    expect(labels.value.get("label-1")?.note).toBe("");
    expect(typed()).toBe("Ragged in the north");
    await setNote(LABEL, LABEL.note);
    expect(typed()).toBeUndefined();
  });

  test("lose the typed note that was refused once another one is saved", async () => {
    const typed = () => typedNotes.value.get("label-1");
    keepTypedNote("label-1", "Ragged in the north");
    void setNote(LABEL, "Ragged");
    await server.answerEdit(exampleEdit(lastEdit(), [{ ...LABEL, note: "Ragged", revision: 2 }]));
    expect(typed()).toBeUndefined();
  });

  test("an undo that the server refuses is offered no more", async () => {
    select(["label-1"]);
    deleteLabels();
    await server.answerEdit(exampleEdit(lastEdit(), [{ ...LABEL, deleted: true }]));
    undo();
    await server.refuseEdit(new ApiError(409, "conflict", "Ben built on it."));
    expect(nextUndo.value).toBeNull();
    expect(nextRedo.value).toBeNull();
    expect(notices.value.map((one) => one.sentence)).toContain("Ben built on it.");
  });
});

describe("a conflict", () => {
  const theirs = exampleLabel({ revision: 5, note: "theirs" });
  const refusal = new ApiError(409, "conflict", "Ben changed #128 a minute ago.", theirs);
  const mine = square(0, 0, 3);

  test("shows both versions and overwrites nothing", async () => {
    reshapeLabel("label-1", mine);
    await server.refuseEdit(refusal);
    expect(labels.value.get("label-1")).toEqual(theirs);
    expect(conflict.value).toMatchObject({
      sentence: "Ben changed #128 a minute ago.",
      theirs: { note: "theirs" },
      yours: { geometry: mine },
    });
  });

  test("mine is sent anew against their revision, when I say so", async () => {
    reshapeLabel("label-1", mine);
    await server.refuseEdit(refusal);
    keepYours();
    expect(conflict.value).toBeNull();
    expect(server.edits.at(-1)).toMatchObject({ base_revision: 5, geometry: mine });
    expect(server.edits[0]?.uid).not.toBe(server.edits[1]?.uid);
  });
});

describe("a reshape that was cut", () => {
  test("is shown as the server has it, and told with what was cut", async () => {
    reshapeLabel("label-1", square(10, 10, 30));
    const rest = exampleLabel({ geometry: square(10, 10, 25), revision: 2 });
    const cut = [
      { label: "label-2", number: 7, area_m2: 200 },
      { label: "label-3", number: 9, area_m2: 75 },
    ];
    await server.answerEdit(exampleEdit(lastEdit(), [rest], { kind: "reshape", cut }));
    expect(labels.value.get("label-1")).toEqual(rest);
    expect(notices.value.at(-1)?.sentence).toBe(
      "Reshaped #128. What lay on #7 (200 m²), #9 (75 m²) was cut.",
    );
  });
});

describe("review", () => {
  const second = exampleLabel({ uid: "label-2", number: 130 });

  beforeEach(() => {
    putLabels([second]);
    setReviewFetched(["label-1", "label-2"]);
    openReviewed("label-1");
  });

  test("a decision opens the next label and takes this one out of the queue", () => {
    accept();
    expect(server.edits).toMatchObject([
      { kind: "review", label: "label-1", revision: 1, decision: "accepted" },
    ]);
    expect(reviewed.value?.uid).toBe("label-2");
    expect(reviewQueue.value?.map((one) => one.uid)).toEqual(["label-2"]);
  });

  test("a return carries its reason", () => {
    returnLabel("The border is off.");
    expect(server.edits).toMatchObject([{ decision: "returned", comment: "The border is off." }]);
  });

  test("nobody accepts their own labels, unless the project allows it or has one member", () => {
    putLabels([{ ...LABEL, created_by: ANA }]);
    accept();
    expect(server.edits).toEqual([]);
    setProject(exampleProject({ members: [{ user: ANA, role: "manager" }] }));
    accept();
    expect(server.edits).toHaveLength(1);
  });

  test("a decision is a manager's", () => {
    setProject(exampleProject({ role: "annotator", me: BEN }));
    accept();
    expect(server.edits).toEqual([]);
  });
});
