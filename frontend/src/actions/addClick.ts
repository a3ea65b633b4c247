import { uuid7 } from "../api/uuid";
import {
  draft,
  setClickedAt,
  setCurrentDraft,
  setDraftFailure,
  setStopped,
  setWaiting,
} from "../state/draft";
import { announce, notify } from "../state/notices";
import { activeClass, managers, mayLabel } from "../state/project";
import { activeLayer } from "../state/view";
import { sendMessage } from "./link";
import { alreadyTold } from "./report";

/** Begins a draft on the active layer; from a label's outline where `startLabel` names one. */
export function openDraft(startLabel: string | null, labelClass: string | null): string | null {
  const layer = activeLayer.peek();
  if (layer === null) return null;
  const uid = uuid7();
  setCurrentDraft(uid);
  sendMessage({
    type: "draft.open",
    draft: uid,
    layer: layer.uid,
    label_class: labelClass,
    start_label: startLabel,
  }).catch(alreadyTold);
  return uid;
}

/** One click at a place of the map frame: shown at once, sent behind it. The first one opens a draft. */
export function addClick(x: number, y: number, include: boolean): void {
  if (!mayLabel.peek()) {
    const ask = managers.peek()[0];
    notify(`You may look here but not label.${ask === undefined ? "" : ` Ask ${ask}.`}`);
    return;
  }
  const uid = draft.peek()?.uid ?? openDraft(null, activeClass.peek()?.uid ?? null);
  if (uid === null) return;
  const step = (draft.peek()?.head ?? 0) + 1;
  setClickedAt({ draft: uid, step }, Date.now());
  setDraftFailure(null);
  setStopped(null);
  setWaiting(null);
  sendMessage({ type: "draft.click", draft: uid, step, x, y, include }).catch(alreadyTold);
  if (!include && step === 1) announce("Exclude click 1. Add an include click.");
}
