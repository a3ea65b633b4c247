import { effect } from "@preact/signals";
import Collection from "ol/Collection";
import { altKeyOnly, click, primaryAction } from "ol/events/condition";
import { buffer } from "ol/extent";
import Modify from "ol/interaction/Modify";
import Snap from "ol/interaction/Snap";
import type OlMap from "ol/Map";
import VectorSource from "ol/source/Vector";
import { changeHindrance } from "../../actions/refine";
import { reshapeLabel } from "../../actions/reshapeLabel";
import { labels, select, selectedLabel } from "../../state/labels";
import { notify } from "../../state/notices";
import { changedVertices, type MapPoint } from "../coordinates";
import type { ChosenLayer } from "../layers/chosenLayer";
import type { LabelFeature } from "../layers/labelFeature";
import type { LabelLayer } from "../layers/labelLayer";
import { GRIP } from "../styles";
import type { MapTool } from "./behaviour";
import type { Press } from "./presses";

const SNAP_PX = 10;
/** Neighbours within so many pixels of a label's box are snapped to. */
const AROUND_PX = 400;

/**
 * Moves, adds and takes out vertices of the selected label. One gesture is one edit.
 *
 * The coordinates are OpenLayers' own doubles, written by nothing but the gesture, so vertices that
 * were not touched stay equal bit for bit.
 */
export class VertexTool implements MapTool {
  private readonly features = new Collection<LabelFeature>();
  /** What vertices snap to: the labels around, without the one that is changed. */
  private readonly neighbours = new VectorSource<LabelFeature>();
  private readonly modify: Modify;
  private readonly snap: Snap;
  private pointer: MapPoint | null = null;
  private stop: () => void = () => undefined;

  constructor(
    private readonly map: OlMap,
    private readonly layer: LabelLayer,
    private readonly chosen: ChosenLayer,
  ) {
    this.modify = new Modify({
      features: this.features,
      pixelTolerance: SNAP_PX,
      style: GRIP,
      condition: (event) => primaryAction(event) && !event.originalEvent.shiftKey,
      deleteCondition: (event) => altKeyOnly(event) && click(event),
    });
    this.snap = new Snap({ source: this.neighbours, pixelTolerance: SNAP_PX });
    this.modify.on("modifyend", () => this.written());
  }

  enter(): void {
    this.map.addInteraction(this.modify);
    this.map.addInteraction(this.snap);
    this.stop = effect(() => {
      const label = selectedLabel.value;
      const hindrance = label === null ? null : changeHindrance(label);
      // A moment later: the layer of chosen labels follows the same signals.
      queueMicrotask(() => {
        if (hindrance !== null) notify(hindrance);
        this.take(label === null || hindrance !== null ? null : this.chosen.feature(label.uid));
      });
    });
  }

  exit(): void {
    this.stop();
    this.features.clear();
    this.neighbours.clear(true);
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

  private take(feature: LabelFeature | null): void {
    if (this.features.item(0) === (feature ?? undefined)) return;
    this.features.clear();
    this.neighbours.clear(true);
    if (feature === null) return;
    this.features.push(feature);
    this.neighbours.addFeatures(this.around(feature));
  }

  private around(feature: LabelFeature): LabelFeature[] {
    const extent = feature.getGeometry()?.getExtent() ?? [];
    const margin = AROUND_PX * (this.map.getView().getResolution() ?? 0);
    return this.layer.source
      .getFeaturesInExtent(buffer(extent, margin))
      .filter((other) => other.getId() !== feature.getId());
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
    if (changeHindrance(label) !== null) this.chosen.restore(uid);
    reshapeLabel(uid, geometry);
  }
}
