import { beforeEach, expect, it, vi } from "vitest";
import { api, type Before, OfflineError } from "../api/client";
import { showBefore, shownBefore } from "../state/before";
import { clearLabels, putLabels } from "../state/labels";
import { notices } from "../state/notices";
import { setProject } from "../state/project";
import { setReviewed } from "../state/review";
import { exampleLabel, exampleProject, square } from "../testing/examples";
import { settle } from "../testing/settle";
import { followBefore } from "./followBefore";

const BEFORE: Before = { geometry: square(10, 10, 15), area_m2: 225, revision: 1 };
const asked = vi.spyOn(api, "labelBefore");

beforeEach(() => {
  asked.mockReset();
  clearLabels();
  setProject(exampleProject());
  putLabels([exampleLabel()]);
  setReviewed(exampleLabel().uid);
});

it("has the outline ready when it is asked for, and forgets it with the label", async () => {
  asked.mockResolvedValue(BEFORE);
  const forget = followBefore(exampleLabel().uid);
  await settle();
  showBefore(true);
  expect(shownBefore.value).toEqual(BEFORE);
  forget();
  expect(shownBefore.value).toBeNull();
});

it("an answer that comes after the label was left changes nothing", async () => {
  asked.mockResolvedValue(BEFORE);
  followBefore(exampleLabel().uid)();
  await settle();
  showBefore(true);
  expect(shownBefore.value).toBeNull();
});

it("says so where the server is away", async () => {
  asked.mockRejectedValue(new OfflineError());
  followBefore(exampleLabel().uid);
  await settle();
  expect(notices.value.at(-1)?.sentence).toBe(new OfflineError().message);
});
