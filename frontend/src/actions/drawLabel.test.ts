import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { ApiError, api } from "../api/client";
import { nextUndo, openHistory } from "../state/history";
import { clearLabels, labels } from "../state/labels";
import { dismiss, notices } from "../state/notices";
import { pending } from "../state/pending";
import { setProject } from "../state/project";
import { draftCertainty, setDraftCertainty, setDrawnPoints, setTool, tool } from "../state/tool";
import { mapRequest } from "../state/view";
import { exampleEdit, exampleLabel, exampleProject, square } from "../testing/examples";
import { type FakeServer, openFakeServer } from "../testing/fakeServer";
import { settle } from "../testing/settle";
import { drawHindrance, drawLabel } from "./drawLabel";
import { setLink } from "./link";
import { operation } from "./operations";

let server: FakeServer;
const DRAWN = square(0, 0, 20);

beforeEach(() => {
  // Counts are fetched behind the actions; here nothing answers.
  vi.stubGlobal("fetch", () => new Promise(() => undefined));
  sessionStorage.clear();
  setProject(exampleProject());
  openHistory("user-ana", "project-1");
  server = openFakeServer();
});

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
  setLink(null);
  clearLabels();
  setDrawnPoints(0);
  setTool("segment");
  setProject(null);
  for (const one of notices.value) dismiss(one.id);
});

it("saves what was drawn under the class at hand, shows it meanwhile, and tells of it", async () => {
  setDraftCertainty("possible");
  const saved = drawLabel(DRAWN);
  const sent = server.edits.at(-1);
  expect(sent).toMatchObject({
    kind: "create",
    layer: exampleProject().layers[0]?.uid,
    label_class: exampleProject().classes[0]?.uid,
    certainty: "possible",
    geometry: DRAWN,
  });
  expect(pending.value).toHaveLength(1);
  expect(draftCertainty.value).toBe("sure");
  const label = exampleLabel({ number: 12, area_m2: 400 });
  await server.answerEdit(exampleEdit(sent?.uid ?? "", [label], { kind: "create" }));
  await expect(saved).resolves.toBe(true);
  expect(labels.value.get(label.uid)).toEqual(label);
  const words = `Drew ${exampleProject().classes[0]?.name} #12, 400 m².`;
  expect(notices.value.at(-1)?.sentence).toBe(words);
  expect(nextUndo.value?.words).toBe(words);
});

it("says on which labels it lies", async () => {
  vi.spyOn(api, "labelOverlaps").mockResolvedValue([{ label: "x", number: 7, area_m2: 30 }]);
  void drawLabel(DRAWN);
  const uid = server.edits.at(-1)?.uid ?? "";
  await server.answerEdit(exampleEdit(uid, [exampleLabel({ number: 12 })], { kind: "create" }));
  await settle();
  expect(notices.value.at(-1)?.sentence).toBe("#12 lies on #7 (30 m²).");
});

it("resolves with false where the server refuses it, so that it can be mended", async () => {
  const saved = drawLabel(DRAWN);
  await server.refuseEdit(new ApiError(422, "bad_input", "The border crosses itself."));
  await expect(saved).resolves.toBe(false);
  expect(nextUndo.value).toBeNull();
});

it("draws nothing where there is no class or no image", async () => {
  setProject(exampleProject({ classes: [] }));
  expect(drawHindrance()).toBe("This project has no class to save it under.");
  await expect(drawLabel(DRAWN)).resolves.toBe(false);
  setProject(exampleProject({ layers: [] }));
  expect(drawHindrance()).toBe("Labelling opens as soon as an image is ready.");
  expect(server.edits).toEqual([]);
});

it("takes back points before labels, gives up the outline, then the tool", () => {
  setTool("draw");
  setDrawnPoints(2);
  expect(operation("draw.finish").disabled()).toBe("Draw three points first.");
  operation("edit.undo").run();
  expect(mapRequest.value?.request).toEqual({ kind: "takeBackPoint" });
  operation("escape").run();
  expect(mapRequest.value?.request).toEqual({ kind: "abortDrawing" });
  expect(tool.value).toBe("draw");
  setDrawnPoints(0);
  operation("escape").run();
  expect(tool.value).toBe("select");
});
