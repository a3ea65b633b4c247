import { afterEach, beforeEach, expect, test } from "vitest";
import { exampleAnswer, exampleProject } from "../testing/examples";
import { clearDrafts, putDraft, setCurrentDraft } from "./draft";
import { draftChips, passWords } from "./draftBar";
import { setProject } from "./project";

beforeEach(() => setProject(exampleProject()));

afterEach(() => {
  clearDrafts();
  setProject(null);
});

/** Shows a draft of one click with this answer. */
function show(change: Parameters<typeof exampleAnswer>[1]): void {
  putDraft({
    uid: "draft",
    layer: "layer-1",
    label_class: null,
    start_label: null,
    state: "open",
    head: 1,
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
