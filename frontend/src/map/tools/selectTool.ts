import { shiftKeyOnly } from "ol/events/condition";
import DragBox from "ol/interaction/DragBox";
import type OlMap from "ol/Map";
import {
  hiddenClasses,
  labels,
  select,
  selection,
  setHovered,
  toggleSelected,
} from "../../state/labels";
import type { MapPoint } from "../coordinates";
import type { LabelLayer } from "../layers/labelLayer";
import type { MapTool } from "./behaviour";
import type { Press } from "./presses";

/** A click selects, with Shift it adds or takes out; a box is drawn with Shift. */
export class SelectTool implements MapTool {
  private readonly box = new DragBox({ condition: shiftKeyOnly, minArea: 36 });

  constructor(
    private readonly map: OlMap,
    private readonly layer: LabelLayer,
  ) {
    this.box.on("boxend", () => this.selectBox());
  }

  enter(): void {
    this.map.addInteraction(this.box);
  }

  exit(): void {
    this.map.removeInteraction(this.box);
    setHovered(null);
  }

  press(press: Press, at: MapPoint): void {
    if (press.secondary) return;
    const under = this.layer.at(at);
    const [uid] = under;
    if (uid === undefined) {
      if (!press.shift) select([]);
      return;
    }
    if (press.shift) {
      toggleSelected(uid);
      return;
    }
    // A second click at the same place goes to the label beneath.
    const chosen = [...selection.peek()];
    const now = chosen.length === 1 ? under.indexOf(chosen[0] ?? "") : -1;
    select([under[(now + 1) % under.length] ?? uid]);
  }

  hover(at: MapPoint | null): string {
    const uid = at === null ? undefined : this.layer.at(at)[0];
    setHovered(uid ?? null);
    return uid === undefined ? "" : "pointer";
  }

  private selectBox(): void {
    const box = this.box.getGeometry();
    const found = new Set(selection.peek());
    for (const feature of this.layer.source.getFeaturesInExtent(box.getExtent())) {
      const uid = String(feature.getId());
      const label = labels.peek().get(uid);
      const hidden = label === undefined || hiddenClasses.peek().has(label.label_class);
      if (!hidden && feature.getGeometry()?.intersectsExtent(box.getExtent())) found.add(uid);
    }
    select(found);
  }
}
