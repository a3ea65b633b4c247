import { chooseClass, toggleCertainty } from "../../actions/classify";
import { discardDraft } from "../../actions/discardDraft";
import { drawHindrance } from "../../actions/drawLabel";
import { operation } from "../../actions/operations";
import { splitHindrance } from "../../actions/splitLabel";
import { phase } from "../../state/draft";
import {
  draftAreaWords,
  draftChips,
  draftClass,
  draftClickWords,
  draftSentence,
  passWords,
} from "../../state/draftBar";
import { mayLabel, usableClasses } from "../../state/project";
import {
  armed,
  draftCertainty,
  drawnPoints,
  setTapExcludes,
  sketching,
  tapPolarityExcludes,
  tool,
} from "../../state/tool";
import { activeLayer } from "../../state/view";
import { DraftBar } from "./DraftBar";

/** The draft bar on the open draft. */
export function DraftRegion() {
  const run = (id: string) => () => operation(id).run();
  const save = operation(sketching.value ? "draw.finish" : "draft.save");
  return (
    <DraftBar
      unarmed={unarmedWords()}
      phase={phase.value}
      area={draftAreaWords.value}
      clicks={draftClickWords.value}
      pass={passWords.value}
      sentence={draftSentence.value}
      chips={draftChips.value}
      classes={usableClasses.value}
      current={draftClass.value}
      possible={draftCertainty.value === "possible"}
      tapExcludes={tapPolarityExcludes.value}
      undoHindrance={operation("edit.undo").disabled()}
      redoHindrance={operation("edit.redo").disabled()}
      canSave={save.disabled() === null}
      onKeepAll={run("draft.keepAll")}
      onClass={chooseClass}
      onCertainty={toggleCertainty}
      onTapExcludes={setTapExcludes}
      onUndo={run("edit.undo")}
      onRedo={run("edit.redo")}
      onDiscard={discardDraft}
      onRestart={discardDraft}
      onSave={save.run}
    />
  );
}

/** What to do instead of clicking, where clicks would not begin a draft. */
function unarmedWords(): string | null {
  if (!mayLabel.value) return "You may look here but not label.";
  if (activeLayer.value === null) return "Labelling opens as soon as an image is ready.";
  if (sketching.value) return sketchWords();
  if (armed.value) return null;
  return "Press S and click a plant, or select a label to change it.";
}

function sketchWords(): string {
  const splits = tool.value === "split";
  const hindrance = splits ? splitHindrance() : drawHindrance();
  if (hindrance !== null) return hindrance;
  if (drawnPoints.value > 0) {
    return `Enter or a double click ${splits ? "splits it" : "closes it and saves it"}; Backspace takes back a point.`;
  }
  return splits
    ? "Draw a line from one side of the label to the other."
    : "Click round it, or hold Shift and drag along its border.";
}
