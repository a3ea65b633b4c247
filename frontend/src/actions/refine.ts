import type { Label } from "../api/client";
import { draft } from "../state/draft";
import { startedInside } from "../state/draftBar";
import { countingClicks } from "../state/draftData";
import { select, selectedLabel } from "../state/labels";
import { notify } from "../state/notices";
import { mayLabel, mayManage } from "../state/project";
import { setDraftCertainty, setDraftNote, setTool } from "../state/tool";
import { activeLayer, readyLayers, setActiveLayer } from "../state/view";
import { openDraft } from "./addClick";
import { discardDraft } from "./discardDraft";
import { sendMessage } from "./link";
import { alreadyTold } from "./report";

/** Why this person may not change a label; null when they may. */
export function changeHindrance(label: Label): string | null {
  if (!mayLabel.value) return "You may look here but not label.";
  if (label.review_state === "accepted" && !mayManage.value) {
    return `#${label.number} is accepted. Ask for it to be reopened.`;
  }
  return null;
}

/** The selected label becomes the start of a draft: clicks refine it, Enter writes a reshape. */
export function startRefining(): void {
  const label = selectedLabel.peek();
  if (label === null || draft.peek() !== null) return;
  const hindrance = changeHindrance(label);
  if (hindrance !== null) {
    notify(hindrance);
    return;
  }
  if (activeLayer.peek()?.uid !== label.layer) {
    if (readyLayers.peek().some((layer) => layer.uid === label.layer)) setActiveLayer(label.layer);
  }
  setTool("segment");
  begin(label);
}

function begin(label: Label): string | null {
  setDraftCertainty(label.certainty);
  setDraftNote(label.note);
  const uid = openDraft(label.uid, label.label_class);
  select([]);
  return uid;
}

/** The draft begun inside a label goes on as a refinement of that label, with the same clicks. */
export function editInstead(): void {
  const label = startedInside.peek();
  const open = draft.peek();
  if (label === null || open === null) return;
  const hindrance = changeHindrance(label);
  if (hindrance !== null) {
    notify(hindrance);
    return;
  }
  const clicks = countingClicks(open);
  discardDraft();
  const uid = begin(label);
  if (uid === null) return;
  for (const [index, { x, y, include }] of clicks.entries()) {
    sendMessage({ type: "draft.click", draft: uid, step: index + 1, x, y, include }).catch(
      alreadyTold,
    );
  }
}
