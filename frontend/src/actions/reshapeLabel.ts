import type { MultiPolygon } from "../api/client";
import { uuid7 } from "../api/uuid";
import { labels } from "../state/labels";
import { notify } from "../state/notices";
import { cutOffers } from "./cutLabel";
import { tellOfOverlaps } from "./labelOverlaps";
import { sendMyEdit } from "./myEdit";
import { changeHindrance } from "./refine";

/** New geometry for a label, from a vertex that was dragged, added or taken out: one edit. */
export function reshapeLabel(uid: string, geometry: MultiPolygon): void {
  const label = labels.peek().get(uid);
  if (label === undefined) return;
  const hindrance = changeHindrance(label);
  if (hindrance !== null) {
    notify(hindrance);
    return;
  }
  const reshaped = sendMyEdit(
    { kind: "reshape", uid: uuid7(), label: uid, base_revision: label.revision, geometry },
    `Reshaped #${label.number}.`,
  );
  void reshaped.then((done) => {
    if (done) void tellOfOverlaps(label, cutOffers);
  });
}
