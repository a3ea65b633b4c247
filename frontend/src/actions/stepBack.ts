import { computing, draft } from "../state/draft";
import { select, selection } from "../state/labels";
import {
  armed,
  crosshair,
  drawnPoints,
  setCrosshair,
  setTool,
  sketching,
  tool,
} from "../state/tool";
import { askMap } from "../state/view";
import { discardDraft } from "./discardDraft";
import { stopPasses } from "./stopPasses";

/**
 * One step back: give up what is being drawn, stop passes, discard the draft, drop the selection,
 * put the tool away.
 */
export function stepBack(): void {
  if (drawnPoints.peek() > 0) askMap({ kind: "abortDrawing" });
  else if (sketching.peek()) setTool("select");
  else if (computing.peek()) stopPasses();
  else if (draft.peek() !== null) discardDraft();
  else if (tool.peek() === "vertices") setTool("select");
  else if (selection.peek().size > 0) select([]);
  else if (crosshair.peek()) setCrosshair(false);
  else if (armed.peek()) setTool("select");
}
