import type { MultiPolygon } from "../api/client";
import { uuid7 } from "../api/uuid";
import { draft } from "../state/draft";
import { notify } from "../state/notices";
import { preferences } from "../state/preferences";
import { activeClass } from "../state/project";
import { draftCertainty, setDraftCertainty } from "../state/tool";
import { activeLayer } from "../state/view";
import { areaWords } from "../state/words";
import { cutOffers } from "./cutLabel";
import { tellOfOverlaps } from "./labelOverlaps";
import { sendMyEdit } from "./myEdit";

/** Why nothing can be drawn here; null where it can. */
export function drawHindrance(): string | null {
  if (activeLayer.value === null) return "Labelling opens as soon as an image is ready.";
  return activeClass.value === null ? "This project has no class to save it under." : null;
}

/**
 * Saves an outline that was drawn by hand, under the class at hand. Resolves with whether it is
 * saved: what is refused (an outline that crosses itself) is told of.
 */
export async function drawLabel(geometry: MultiPolygon): Promise<boolean> {
  const layer = activeLayer.peek();
  const labelClass = activeClass.peek();
  if (layer === null || labelClass === null) {
    notify(drawHindrance() ?? "");
    return false;
  }
  // With a draft open the certainty is the draft's.
  const certainty = draft.peek() === null ? draftCertainty.peek() : "sure";
  if (draft.peek() === null) setDraftCertainty("sure");
  const done = await sendMyEdit(
    {
      kind: "create",
      uid: uuid7(),
      layer: layer.uid,
      label_class: labelClass.uid,
      certainty,
      note: "",
      geometry,
    },
    `Drew ${labelClass.name}.`,
    ({ labels: [label] }) => {
      const area = areaWords(label?.area_m2 ?? 0, preferences.peek().areaUnit);
      return `Drew ${labelClass.name} #${label?.number}, ${area}.`;
    },
  );
  const label = done?.labels[0];
  if (label === undefined) return false;
  void tellOfOverlaps(label, cutOffers);
  return true;
}
