import { describe, expect, it, vi } from "vitest";
import { buttonOf, click, mounted } from "../mounted";
import { DraftBar, type DraftBarProps } from "./DraftBar";

const nothing = () => undefined;

const empty: DraftBarProps = {
  unarmed: null,
  phase: "none",
  area: "",
  clicks: "0 clicks (0+ 0−)",
  pass: "",
  sentence: "Click what you want to label; right-click what to leave out.",
  chips: [],
  classes: [],
  current: null,
  possible: false,
  tapExcludes: false,
  undoHindrance: "There is no click to take back.",
  redoHindrance: "There is no click to bring back.",
  canSave: false,
  onKeepAll: nothing,
  onClass: nothing,
  onCertainty: nothing,
  onTapExcludes: nothing,
  onUndo: nothing,
  onRedo: nothing,
  onDiscard: nothing,
  onRestart: nothing,
  onSave: nothing,
};

const begun: DraftBarProps = {
  ...empty,
  phase: "computing",
  area: "0.42 ha",
  clicks: "3 clicks (2+ 1−)",
  pass: "pass 2 of up to 5",
  sentence: "",
  undoHindrance: null,
  canSave: true,
};

describe("the draft bar", () => {
  it("says how to begin while there is no draft", () => {
    const bar = mounted(<DraftBar {...empty} />);
    expect(bar.textContent).toContain("Click what you want to label");
    expect(buttonOf(bar, "SaveEnter").disabled).toBe(true);
    expect(buttonOf(bar, "Discard").disabled).toBe(true);
  });

  it("says what to do instead while the tool is not armed", () => {
    const bar = mounted(<DraftBar {...empty} unarmed="Press S." />);
    expect(bar.textContent).toContain("Press S.");
    expect(bar.textContent).not.toContain("Click what you want");
  });

  it("shows area, clicks and pass while a draft is computed, and saves already then", () => {
    const save = vi.fn();
    const bar = mounted(<DraftBar {...begun} onSave={save} />);
    for (const words of ["0.42 ha", "3 clicks (2+ 1−)", "pass 2 of up to 5"]) {
      expect(bar.textContent).toContain(words);
    }
    click(bar, "SaveEnter");
    expect(save).toHaveBeenCalledOnce();
  });

  it("puts a sentence in place of the pass", () => {
    const bar = mounted(<DraftBar {...begun} sentence="This takes longer than usual." />);
    expect(bar.textContent).toContain("This takes longer than usual.");
    expect(bar.textContent).not.toContain("pass 2");
  });

  it("says quietly what was too small to keep", () => {
    const chips = [{ id: "trifles", words: "3 specks left out", operation: null }] as const;
    const bar = mounted(<DraftBar {...begun} chips={chips} />);
    expect(bar.textContent).toContain("3 specks left out");
    expect(bar.querySelector(".draft-chip")).toBeNull();
  });

  it("counts the parts left out, and leaves chips of the map to the map", () => {
    const chips = [
      { id: "parts", words: "2 parts left out", operation: null },
      { id: "edge", words: "cut at the image edge", operation: null },
    ] as const;
    const bar = mounted(<DraftBar {...begun} chips={chips} />);
    expect(bar.textContent).toContain("2 parts left out");
    expect(bar.textContent).not.toContain("image edge");
  });

  it("offers to keep the parts that are left out", () => {
    const keepAll = vi.fn();
    const chips = [
      { id: "parts", words: "2 parts left out. Keep all", operation: "draft.keepAll" },
    ] as const;
    const bar = mounted(<DraftBar {...begun} chips={chips} onKeepAll={keepAll} />);
    click(bar, "2 parts left out. Keep all K");
    expect(keepAll).toHaveBeenCalledOnce();
  });

  it("advises at twenty clicks, with saving and starting again at hand", () => {
    const restart = vi.fn();
    const chips = [{ id: "many", words: "20 clicks: better save it.", operation: null }] as const;
    const bar = mounted(<DraftBar {...begun} chips={chips} onRestart={restart} />);
    expect(bar.textContent).toContain("20 clicks: better save it.");
    expect(buttonOf(bar, "SaveEnter").disabled).toBe(false);
    click(bar, "Start again");
    expect(restart).toHaveBeenCalledOnce();
  });

  it("tells why there is nothing to undo, and does nothing then", () => {
    const undo = vi.fn();
    const bar = mounted(<DraftBar {...empty} onUndo={undo} />);
    click(bar, "Undo");
    expect(undo).not.toHaveBeenCalled();
    expect(buttonOf(bar, "Undo").dataset.tip).toContain("There is no click to take back.");
  });
});
