import { act } from "preact/test-utils";
import { expect, it, vi } from "vitest";
import { exampleLabel, exampleProject } from "../../testing/examples";
import { mounted, type } from "../mounted";
import { LabelFacts } from "./LabelFacts";

const nothing = () => undefined;

function noteOf(typedNote: string | null, onNote: (text: string) => void): HTMLTextAreaElement {
  const root = mounted(
    <LabelFacts
      label={exampleLabel({ note: "old" })}
      labelClass={null}
      classes={exampleProject().classes}
      layerName="2020"
      history={null}
      overlaps={null}
      locked={null}
      now={new Date(0)}
      areaUnit="metric"
      typedNote={typedNote}
      onClass={nothing}
      onCertainty={nothing}
      onNote={onNote}
      onRefine={nothing}
      onCut={nothing}
      onShow={nothing}
      onDelete={nothing}
      onClose={nothing}
    />,
  );
  const field = root.querySelector("textarea");
  if (field === null) throw new Error("The note is missing.");
  return field;
}

function leave(field: HTMLElement): void {
  void act(() => {
    field.dispatchEvent(new FocusEvent("blur"));
  });
}

it("a note is sent once, when its field is left", () => {
  const onNote = vi.fn();
  const field = noteOf(null, onNote);
  expect(field.value).toBe("old");
  type(field, "new");
  expect(onNote).not.toHaveBeenCalled();
  leave(field);
  expect(onNote.mock.calls).toEqual([["new"]]);
});

it("a note that could not be saved stays in its field, which says so and sends it again", () => {
  const onNote = vi.fn();
  const field = noteOf("typed before", onNote);
  expect(field.value).toBe("typed before");
  expect(document.body.textContent).toContain("This note is not saved yet.");
  leave(field);
  expect(onNote.mock.calls).toEqual([["typed before"]]);
});
