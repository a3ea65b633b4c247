// @vitest-environment node
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { announce, dismiss, notices, notify, notifyError, polite } from "./notices";

beforeEach(() => vi.useFakeTimers());
afterEach(() => {
  for (const one of notices.value) dismiss(one.id);
  vi.useRealTimers();
});

test("a toast goes after 8 s, an error stays", () => {
  notify("Saved.");
  notifyError("Refused.");
  vi.advanceTimersByTime(7999);
  expect(notices.value).toHaveLength(2);
  vi.advanceTimersByTime(1);
  expect(notices.value.map((one) => one.sentence)).toEqual(["Refused."]);
});

test("two toasts at most: a third pushes the oldest away", () => {
  for (const sentence of ["one", "two", "three"]) notify(sentence);
  expect(notices.value.map((one) => one.sentence)).toEqual(["two", "three"]);
});

test("the same toast again takes the place of the first, with its newer action", () => {
  notify("Reshaped #2.");
  notify("Reshaped #2.", [{ title: "Undo", run: () => undefined }]);
  expect(notices.value.map((one) => one.actions.length)).toEqual([1]);
});

test("the same error is shown once", () => {
  expect(notifyError("Refused.")).toBe(notifyError("Refused."));
  expect(notices.value).toHaveLength(1);
});

test("a sentence said twice is read twice", () => {
  announce("Include click 1.");
  const first = polite.value;
  announce("Include click 1.");
  expect(polite.value).not.toBe(first);
});
