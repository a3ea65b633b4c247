import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { ApiError, api } from "../api/client";
import { conflict } from "../state/conflict";
import { nextUndo, openHistory } from "../state/history";
import { clearLabels, labels, newestEdit, putLabels } from "../state/labels";
import { dismiss, notices } from "../state/notices";
import { setProject } from "../state/project";
import { exampleEdit, exampleLabel, exampleProject, square } from "../testing/examples";
import { type FakeServer, openFakeServer } from "../testing/fakeServer";
import { settle } from "../testing/settle";
import { keepTheirs, keepYours } from "./conflict";
import { cutLabel, cutOffers } from "./cutLabel";
import { setLink } from "./link";

const MINE = exampleLabel({ uid: "mine", number: 128, revision: 3 });
const THEIRS = exampleLabel({ uid: "theirs", number: 7, revision: 5 });
const onTheirs = { label: "theirs", number: 7, area_m2: 30 };
let server: FakeServer;

beforeEach(() => {
  // Counts are fetched behind the actions; here nothing answers.
  vi.stubGlobal("fetch", () => new Promise(() => undefined));
  sessionStorage.clear();
  setProject(exampleProject());
  openHistory("user-ana", "project-1");
  server = openFakeServer();
  putLabels([MINE, THEIRS]);
});

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
  setLink(null);
  clearLabels();
  keepTheirs();
  setProject(null);
  for (const one of notices.value) dismiss(one.id);
});

it("cuts a label at another and says where, with an undo", async () => {
  void cutLabel("theirs", ["mine"]);
  const sent = server.edits.at(-1);
  expect(sent).toMatchObject({ kind: "cut", label: "theirs", base_revision: 5, at: ["mine"] });
  const smaller = { ...THEIRS, revision: 6, geometry: square(0, 0, 1) };
  const cut = [{ label: "mine", number: 128, area_m2: 30 }];
  await server.answerEdit(exampleEdit(sent?.uid ?? "", [smaller], { kind: "cut", number: 9, cut }));
  expect(labels.value.get("theirs")).toEqual(smaller);
  expect(newestEdit.value).toBe(9);
  const notice = notices.value.at(-1);
  expect(notice?.sentence).toBe("Cut #7. 30 m² was cut where #128 is.");
  expect(notice?.actions.map((one) => one.title)).toEqual(["Undo"]);
  expect(nextUndo.value?.words).toBe("Cut #7.");
});

it("fetches a label that is not in view", async () => {
  const far = exampleLabel({ uid: "far", number: 9, revision: 2 });
  vi.spyOn(api, "label").mockResolvedValue(far);
  void cutLabel("far", ["mine"]);
  await settle();
  expect(server.edits.at(-1)).toMatchObject({ label: "far", base_revision: 2 });
});

it("cuts nothing that is locked, and says so", () => {
  setProject(exampleProject({ role: "annotator" }));
  putLabels([{ ...THEIRS, review_state: "accepted" }]);
  void cutLabel("theirs", ["mine"]);
  expect(server.edits).toEqual([]);
  expect(notices.value.at(-1)?.sentence).toBe("#7 is accepted. Ask for it to be reopened.");
});

it("cuts a label that somebody changed meanwhile once that is decided", async () => {
  void cutLabel("theirs", ["mine"]);
  const current = { ...THEIRS, revision: 6 };
  await server.refuseEdit(new ApiError(409, "conflict", "Ben changed #7.", current));
  expect(conflict.value?.theirs).toEqual(current);
  keepYours();
  expect(server.edits.at(-1)).toMatchObject({ kind: "cut", base_revision: 6, at: ["mine"] });
});

it("offers to cut a label at all it lies on, and another only where it is alone", () => {
  const titles = (found: Parameters<typeof cutOffers>[1]) =>
    cutOffers(MINE, found).map((one) => one.title);
  expect(titles([onTheirs])).toEqual(["Cut #128", "Cut #7"]);
  expect(titles([onTheirs, { label: "far", number: 9, area_m2: 12 }])).toEqual(["Cut #128"]);
  cutOffers(MINE, [onTheirs]).at(1)?.run();
  expect(server.edits.at(-1)).toMatchObject({ label: "theirs", at: ["mine"] });
});
