import { beforeEach, expect, it, vi } from "vitest";
import { api, OfflineError } from "../api/client";
import { notices } from "../state/notices";
import { setProject } from "../state/project";
import { exampleEdit, exampleLabel, exampleProject } from "../testing/examples";
import { tellOfOverlaps, tellOfRestored } from "./labelOverlaps";

const asked = vi.spyOn(api, "labelOverlaps");

beforeEach(() => {
  asked.mockReset();
  setProject(exampleProject());
});

it("says on which labels a new one lies", async () => {
  asked.mockResolvedValue([{ label: "other", number: 7, area_m2: 30 }]);
  await tellOfOverlaps(exampleLabel({ number: 128 }));
  expect(asked).toHaveBeenCalledWith(exampleProject().uid, exampleLabel().uid);
  expect(notices.value.at(-1)?.sentence).toBe("#128 lies on #7 (30 m²).");
});

it("says nothing where it lies on none, or where the server is away", async () => {
  const before = notices.value.length;
  asked.mockResolvedValueOnce([]).mockRejectedValueOnce(new OfflineError());
  await tellOfOverlaps(exampleLabel());
  await tellOfOverlaps(exampleLabel());
  expect(notices.value.length).toBe(before);
});

it("asks nothing where the project allows it", async () => {
  const { settings } = exampleProject();
  setProject(exampleProject({ settings: { ...settings, overlaps: "allowed" } }));
  await tellOfOverlaps(exampleLabel());
  expect(asked).not.toHaveBeenCalled();
});

it("asks after an undo that brought a label's outline back, and after no other", () => {
  asked.mockResolvedValue([]);
  const label = exampleLabel();
  tellOfRestored(exampleEdit("edit-1", [label], { kind: "classify" }));
  tellOfRestored(exampleEdit("edit-2", [{ ...label, deleted: true }], { kind: "delete" }));
  expect(asked).not.toHaveBeenCalled();
  tellOfRestored(exampleEdit("edit-3", [label], { kind: "restore" }));
  expect(asked).toHaveBeenCalledTimes(1);
});
