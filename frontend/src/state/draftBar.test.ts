import { afterEach, beforeEach, expect, test } from "vitest";
import { exampleAnswer, exampleProject, square } from "../testing/examples";
import { answer, clearDrafts, leftOut, phase, putDraft, setCurrentDraft } from "./draft";
import { draftAreaM2, draftChips, passWords } from "./draftBar";
import { setProject } from "./project";

beforeEach(() => setProject(exampleProject()));

afterEach(() => {
  clearDrafts();
  setProject(null);
});

/** Shows a draft of one click with this answer. */
function show(change: Parameters<typeof exampleAnswer>[1], keepAll = false): void {
  putDraft({
    uid: "draft",
    layer: "layer-1",
    label_class: null,
    start_label: null,
    state: "open",
    head: 1,
    keep_all: keepAll,
    steps: [{ number: 1, x: 5, y: 5, include: true, settled: change?.settled ?? true }],
    answer: exampleAnswer(1, change),
  });
  setCurrentDraft("draft");
}

function wordsOf(id: string): string | undefined {
  return draftChips.value.find((chip) => chip.id === id)?.words;
}

test("an outline coarser than the image says so, also once it has settled", () => {
  show({ settled: false, coarse_factor: 8 });
  expect(wordsOf("coarse")).toBe("coarse: 1 px = 4.8 m");
  show({ settled: true, coarse_factor: 8 });
  expect(passWords.value).toBe("settled");
  expect(wordsOf("coarse")).toBe("coarse: 1 px = 4.8 m");
});

test("an outline as fine as the image does not", () => {
  show({ coarse_factor: 1 });
  expect(wordsOf("coarse")).toBeUndefined();
});

test("what was too small to keep is counted, and silent where there is nothing", () => {
  show({ specks_left_out: 3, holes_filled: 1 });
  expect(wordsOf("trifles")).toBe("3 specks left out, 1 small hole filled");
  show({ holes_filled: 2 });
  expect(wordsOf("trifles")).toBe("2 small holes filled");
  show({});
  expect(wordsOf("trifles")).toBeUndefined();
});

const KEPT = square(10, 10, 20);
const BOTH = [...KEPT, ...square(50, 50, 5)];
const TWO_PARTS = {
  outline: KEPT,
  parts_left_out: 1,
  all_parts: {
    outline: BOTH,
    area_m2: 425,
    holes_filled: 0,
    cut_at_image_edge: true,
    coarse_factor: 1,
  },
};

test("parts left out are counted, dotted on the map, and offered to be kept", () => {
  show(TWO_PARTS);
  const chip = draftChips.value.find((one) => one.id === "parts");
  expect(chip).toMatchObject({ words: "1 part left out. Keep all", operation: "draft.keepAll" });
  expect(leftOut.value).toEqual(BOTH);
  expect(answer.value?.outline).toEqual(KEPT);
});

test("where all parts are kept, outline, area and chips are those of all parts", () => {
  show(TWO_PARTS, true);
  expect(wordsOf("parts")).toBe("All parts kept. Keep only clicked");
  expect(leftOut.value).toBeNull();
  expect(answer.value?.outline).toEqual(BOTH);
  expect(draftAreaM2.value).toBe(425);
  expect(wordsOf("edge")).toBe("cut at the image edge");
});

test("parts of which none was clicked are something, once all are kept", () => {
  show({ ...TWO_PARTS, outline: [] });
  expect(phase.value).toBe("nothing");
  show({ ...TWO_PARTS, outline: [] }, true);
  expect(phase.value).toBe("settled");
});

test.each([false, true])("left-out parts that were not stored are only counted", (keepAll) => {
  show({ parts_left_out: 2 }, keepAll);
  const chip = draftChips.value.find((one) => one.id === "parts");
  expect(chip).toMatchObject({ words: "2 parts left out", operation: null });
});
