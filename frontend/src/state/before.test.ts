import { beforeEach, expect, test } from "vitest";
import { exampleLabel, square } from "../testing/examples";
import {
  beforeHindrance,
  compared,
  forgetBefore,
  setBefore,
  showBefore,
  shownBefore,
} from "./before";
import { clearLabels, putLabels } from "./labels";
import { setReviewed } from "./review";

const BEFORE = { geometry: square(10, 10, 15), area_m2: 225, revision: 1 };

beforeEach(() => {
  clearLabels();
  forgetBefore();
  putLabels([exampleLabel({ uid: "one" }), exampleLabel({ uid: "other" })]);
  setReviewed("one");
});

test("it is shown while it is held, and the label's own outline steps back", () => {
  setBefore("one", BEFORE);
  expect([shownBefore.value, compared.value]).toEqual([null, null]);
  showBefore(true);
  expect([shownBefore.value, compared.value]).toEqual([BEFORE, "one"]);
  showBefore(false);
  expect([shownBefore.value, compared.value]).toEqual([null, null]);
});

test("held before it was fetched, it appears when it is here", () => {
  showBefore(true);
  expect(shownBefore.value).toBeNull();
  setBefore("one", BEFORE);
  expect(shownBefore.value).toBe(BEFORE);
});

test("the next label is never shown with the outline of the last one", () => {
  setBefore("one", BEFORE);
  showBefore(true);
  setReviewed("other");
  expect([shownBefore.value, compared.value]).toEqual([null, null]);
});

test("a label whose outline was never changed says so, and not before that is known", () => {
  expect(beforeHindrance.value).toBeNull();
  setBefore("one", null);
  expect(beforeHindrance.value).toBe("This outline was never changed.");
  setReviewed(null);
  expect(beforeHindrance.value).toBe("No label is open.");
});
