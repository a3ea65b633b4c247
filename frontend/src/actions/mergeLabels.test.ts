import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { nextUndo, openHistory } from "../state/history";
import { clearLabels, labels, putLabels, select, selection } from "../state/labels";
import { dismiss, notices } from "../state/notices";
import { setProject } from "../state/project";
import { setSession } from "../state/session";
import { ANA, BEN, exampleEdit, exampleLabel, exampleProject, square } from "../testing/examples";
import { type FakeServer, openFakeServer } from "../testing/fakeServer";
import { setLink } from "./link";
import { mergeHindrance, mergeLabels } from "./mergeLabels";

const FIRST = exampleLabel({ created_by: ANA, uid: "first", number: 7, revision: 2 });
const SECOND = exampleLabel({ created_by: ANA, uid: "second", number: 9, revision: 5 });
let server: FakeServer;

beforeEach(() => {
  // Counts are fetched behind the actions; here nothing answers.
  vi.stubGlobal("fetch", () => new Promise(() => undefined));
  sessionStorage.clear();
  setProject(exampleProject({ role: "annotator" }));
  setSession({ user: ANA, may_create_users: false, csrf_token: "t", version: "1" });
  openHistory("user-ana", "project-1");
  server = openFakeServer();
  putLabels([FIRST, SECOND]);
  select(["second", "first"]);
});

afterEach(() => {
  vi.unstubAllGlobals();
  setLink(null);
  clearLabels();
  setProject(null);
  for (const one of notices.value) dismiss(one.id);
});

it("makes one label of the selected ones and goes on with it", async () => {
  mergeLabels();
  const sent = server.edits.at(-1);
  expect(sent).toMatchObject({
    kind: "merge",
    labels: [
      { label: "first", base_revision: 2 },
      { label: "second", base_revision: 5 },
    ],
  });
  expect(selection.value).toEqual(new Set(["first"]));
  const merged = { ...FIRST, revision: 3, geometry: square(0, 0, 20) };
  const gone = { ...SECOND, deleted: true };
  await server.answerEdit(exampleEdit(sent?.uid ?? "", [merged, gone], { kind: "merge" }));
  expect([...labels.value.values()]).toEqual([merged]);
  expect(notices.value.at(-1)?.sentence).toBe("Merged 2 labels into #7.");
  expect(nextUndo.value?.words).toBe("Merged 2 labels into #7.");
});

it("says why labels cannot be merged, and merges none of them", () => {
  const hindered = (change: Parameters<typeof exampleLabel>[0]) => {
    putLabels([{ ...SECOND, ...change }]);
    return mergeHindrance();
  };
  expect(hindered({ label_class: "rushseep" })).toBe("Give all of them one class first.");
  expect(hindered({ layer: "layer-2014" })).toBe("Choose labels of one layer.");
  expect(hindered({ created_by: BEN })).toBe("#9 is Ben Ito's. Ask them, or a manager.");
  mergeLabels();
  expect(server.edits).toEqual([]);
  expect(notices.value.at(-1)?.sentence).toBe("#9 is Ben Ito's. Ask them, or a manager.");
  expect(hindered({ review_state: "accepted" })).toBe("#9 is accepted. Ask for it to be reopened.");
  select(["first"]);
  expect(mergeHindrance()).toBe("Select two labels or more first.");
});

it("lets a manager merge other people's labels", () => {
  setProject(exampleProject({ role: "manager" }));
  putLabels([{ ...SECOND, created_by: BEN }]);
  expect(mergeHindrance()).toBeNull();
});
