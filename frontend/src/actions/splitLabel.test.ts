import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { ApiError } from "../api/client";
import { nextUndo, openHistory } from "../state/history";
import { clearLabels, labels, putLabels, select } from "../state/labels";
import { dismiss, notices } from "../state/notices";
import { setProject } from "../state/project";
import { exampleEdit, exampleLabel, exampleProject, square } from "../testing/examples";
import { type FakeServer, openFakeServer } from "../testing/fakeServer";
import { setLink } from "./link";
import { operation } from "./operations";
import { splitLabel } from "./splitLabel";

const LABEL = exampleLabel({ uid: "whole", number: 7, revision: 2 });
const LINE = [
  [5, -5],
  [5, 20],
];
let server: FakeServer;

beforeEach(() => {
  // Counts are fetched behind the actions; here nothing answers.
  vi.stubGlobal("fetch", () => new Promise(() => undefined));
  sessionStorage.clear();
  setProject(exampleProject());
  openHistory("user-ana", "project-1");
  server = openFakeServer();
  putLabels([LABEL]);
  select(["whole"]);
});

afterEach(() => {
  vi.unstubAllGlobals();
  setLink(null);
  clearLabels();
  setProject(null);
  for (const one of notices.value) dismiss(one.id);
});

it("splits the selected label at a line", async () => {
  const saved = splitLabel(LINE);
  const sent = server.edits.at(-1);
  expect(sent).toMatchObject({ kind: "split", label: "whole", base_revision: 2, line: LINE });
  const kept = { ...LABEL, revision: 3, geometry: square(0, 0, 5) };
  const piece = exampleLabel({ uid: "piece", number: 8, geometry: square(5, 0, 5) });
  await server.answerEdit(exampleEdit(sent?.uid ?? "", [kept, piece], { kind: "split" }));
  await expect(saved).resolves.toBe(true);
  expect([...labels.value.keys()]).toEqual(["whole", "piece"]);
  expect(nextUndo.value?.words).toBe("Split #7 into 2 labels.");
});

it("resolves with false where the line does not part it, so that it can go on", async () => {
  const saved = splitLabel(LINE);
  await server.refuseEdit(new ApiError(422, "bad_input", "This line does not part #7."));
  await expect(saved).resolves.toBe(false);
  expect(nextUndo.value).toBeNull();
});

it("is offered for one label that may be changed", async () => {
  setProject(exampleProject({ role: "annotator" }));
  putLabels([{ ...LABEL, review_state: "accepted" }]);
  expect(operation("tool.split").disabled()).toBe("#7 is accepted. Ask for it to be reopened.");
  select([]);
  expect(operation("tool.split").disabled()).toBe("Select the label to split first.");
  await expect(splitLabel(LINE)).resolves.toBe(false);
  expect(server.edits).toEqual([]);
});
