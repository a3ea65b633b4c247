import { effect } from "@preact/signals";
import Collection from "ol/Collection";
import { altKeyOnly, click, primaryAction } from "ol/events/condition";
import type Feature from "ol/Feature";
import type { MultiPolygon } from "ol/geom";
import Modify from "ol/interaction/Modify";
import Snap from "ol/interaction/Snap";
import type OlMap from "ol/Map";
import { changeHindrance } from "../../actions/refine";
import { reshapeLabel } from "../../actions/reshapeLabel";
import { labels, select, selectedLabel } from "../../state/labels";
import { notify } from "../../state/notices";
import { changedVertices, type MapPoint } from "../coordinates";
import type { LabelLayer } from "../layers/labelLayer";
import { GRIP } from "../styles";
import type { MapTool } from "./behaviour";
import type { Press } from "./presses";

const SNAP_PX = 10;

/**
 * Moves, adds and takes out vertices of the selected label. One gesture is one edit.
 *
 * The coordinates are OpenLayers' own doubles, written by nothing but the gesture, so vertices that
 * were not touched stay equal bit for bit.
 */
export class VertexTool implements MapTool {
  private readonly features = new Collection<Feature<MultiPolygon>>();
  private readonly modify: Modify;
  private readonly snap: Snap;
  private pointer: MapPoint | null = null;
  private stop: () => void = () => undefined;

  constructor(
    private readonly map: OlMap,
    private readonly layer: LabelLayer,
  ) {
    this.modify = new Modify({
      features: this.features,
      pixelTolerance: SNAP_PX,
      style: GRIP,
      condition: (event) => primaryAction(event) && !event.originalEvent.shiftKey,
      deleteCondition: (event) => altKeyOnly(event) && click(event),
    });
    this.snap = new Snap({ source: layer.source, pixelTolerance: SNAP_PX });
    this.modify.on("modifyend", () => this.written());
  }

  enter(): void {
    this.map.addInteraction(this.modify);
    this.map.addInteraction(this.snap);
    this.stop = effect(() => {
      const label = selectedLabel.value;
      const hindrance = label === null ? null : changeHindrance(label);
      const feature = label === null ? null : this.layer.feature(label.uid);
      const wanted = feature !== null && hindrance === null ? feature : null;
      if (hindrance !== null) queueMicrotask(() => notify(hindrance));
      if (this.features.item(0) === wanted) return;
      this.features.clear();
      if (wanted !== null) this.features.push(wanted);
    });
  }

  exit(): void {
    this.stop();
    this.features.clear();
    this.map.removeInteraction(this.modify);
    this.map.removeInteraction(this.snap);
  }

  /** A click on another label goes on with that one. */
  press(press: Press, at: MapPoint): void {
    if (press.secondary || press.shift) return;
    const [uid] = this.layer.at(at);
    const near = this.features.getLength() > 0 && this.isAtBorder(at);
    if (uid !== undefined && uid !== selectedLabel.peek()?.uid && !near) select([uid]);
  }

  hover(at: MapPoint | null): string {
    if (at !== null) this.pointer = at;
    const uid = at === null ? undefined : this.layer.at(at)[0];
    return uid !== undefined && uid !== selectedLabel.peek()?.uid ? "pointer" : "";
  }

  /** Takes out the vertex that the pointer was on last. */
  removeVertex(): void {
    if (this.pointer !== null) this.modify.removePoint([this.pointer.x, this.pointer.y]);
  }

  private isAtBorder(at: MapPoint): boolean {
    const resolution = this.map.getView().getResolution() ?? 0;
    const border = this.features.item(0)?.getGeometry()?.getClosestPoint([at.x, at.y]);
    const [x = Number.NaN, y = Number.NaN] = border ?? [];
    return Math.hypot(x - at.x, y - at.y) <= SNAP_PX * resolution;
  }

  private written(): void {
    const feature = this.features.item(0);
    const uid = String(feature?.getId());
    const label = labels.peek().get(uid);
    const geometry = feature?.getGeometry()?.getCoordinates();
    if (label === undefined || geometry === undefined) return;
    if (changedVertices(label.geometry, geometry) === 0) return;
    reshapeLabel(uid, geometry);
  }
}
