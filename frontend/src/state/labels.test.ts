// @vitest-environment node
import { beforeEach, describe, expect, test } from "vitest";
import { exampleEdit, exampleLabel, square } from "../testing/examples";
import {
  applyEdit,
  clearLabels,
  labels,
  putLabels,
  putLabelsOfBox,
  select,
  selectedLabel,
  selection,
} from "./labels";
import { setPending } from "./pending";

const A = exampleLabel({ uid: "a", number: 1 });
const B = exampleLabel({ uid: "b", number: 2, geometry: square(500, 500, 10) });

beforeEach(() => {
  clearLabels();
  setPending([]);
});

describe("what is known of labels", () => {
  test("a box that was fetched lacks what is gone, and leaves the rest", () => {
    putLabels([A, B]);
    putLabelsOfBox([], [0, 0, 100, 100], false);
    expect([...labels.value.keys()]).toEqual(["b"]);
  });

  test("a list that was cut short takes nothing away", () => {
    putLabels([A, B]);
    putLabelsOfBox([], [0, 0, 100, 100], true);
    expect(labels.value.size).toBe(2);
  });

  test("an older answer does not undo a newer edit", () => {
    putLabels([A]);
    applyEdit(exampleEdit("e2", [{ ...A, note: "second", revision: 3 }], { number: 2 }));
    applyEdit(exampleEdit("e1", [{ ...A, note: "first", revision: 2 }], { number: 1 }));
    putLabels([A]);
    expect(labels.value.get("a")?.note).toBe("second");
  });

  test("a deleted label is gone, and comes back restored", () => {
    putLabels([A]);
    applyEdit(exampleEdit("e1", [{ ...A, deleted: true }], { number: 1 }));
    expect(labels.value.has("a")).toBe(false);
    applyEdit(exampleEdit("e2", [A], { number: 2 }));
    expect(labels.value.has("a")).toBe(true);
  });
});

describe("edits on their way", () => {
  test("show at once, and go when they are refused", () => {
    putLabels([A]);
    const at = [{ label: "a", base_revision: 1 }];
    const edit = { kind: "classify", uid: "e", labels: at, label_class: "rushseep" } as const;
    setPending([{ kind: "edit", key: "e", edit: { ...edit, labels: at }, sent: true }]);
    expect(labels.value.get("a")).toMatchObject({ label_class: "rushseep", revision: 2 });
    setPending([]);
    expect(labels.value.get("a")).toEqual(A);
  });

  test("a new shape of an accepted label waits for review again", () => {
    putLabels([{ ...A, review_state: "accepted" }]);
    const geometry = square(0, 0, 5);
    const edit = { kind: "reshape", uid: "e", label: "a", base_revision: 1, geometry } as const;
    setPending([{ kind: "edit", key: "e", edit: { ...edit, geometry }, sent: true }]);
    expect(labels.value.get("a")).toMatchObject({ geometry, review_state: "unreviewed" });
  });
});

test("what is deleted is selected no more", () => {
  putLabels([A, B]);
  select(["a", "b"]);
  expect(selectedLabel.value).toBeNull();
  applyEdit(exampleEdit("e", [{ ...A, deleted: true }]));
  expect([...selection.value]).toEqual(["b"]);
  expect(selectedLabel.value?.uid).toBe("b");
});
