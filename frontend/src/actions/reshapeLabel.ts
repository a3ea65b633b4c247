import type { MultiPolygon } from "../api/client";
import { uuid7 } from "../api/uuid";
import { labels } from "../state/labels";
import { notify } from "../state/notices";
import { sendEdit } from "./link";
import { changeHindrance } from "./refine";
import { remember } from "./remember";
import { alreadyTold } from "./report";

/** New geometry for a label, from a vertex that was dragged, added or taken out: one edit. */
export function reshapeLabel(uid: string, geometry: MultiPolygon): void {
  const label = labels.peek().get(uid);
  if (label === undefined) return;
  const hindrance = changeHindrance(label);
  if (hindrance !== null) {
    notify(hindrance);
    return;
  }
  sendEdit({
    kind: "reshape",
    uid: uuid7(),
    label: uid,
    base_revision: label.revision,
    geometry,
  }).then((done) => remember(done.uid, `Reshaped #${label.number}.`), alreadyTold);
}
