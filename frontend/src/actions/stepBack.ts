import { computing, draft } from "../state/draft";
import { select, selection } from "../state/labels";
import { armed, crosshair, setCrosshair, setTool, tool } from "../state/tool";
import { discardDraft } from "./discardDraft";
import { stopPasses } from "./stopPasses";

/** One step back: stop passes, discard the draft, drop the selection, put the tool away. */
export function stepBack(): void {
  if (computing.peek()) stopPasses();
  else if (draft.peek() !== null) discardDraft();
  else if (tool.peek() === "vertices") setTool("select");
  else if (selection.peek().size > 0) select([]);
  else if (crosshair.peek()) setCrosshair(false);
  else if (armed.peek()) setTool("select");
}
