import { effect } from "@preact/signals";
import Feature from "ol/Feature";
import { MultiPolygon, Point } from "ol/geom";
import VectorLayer from "ol/layer/Vector";
import type OlMap from "ol/Map";
import VectorSource from "ol/source/Vector";
import { Style } from "ol/style";
import type { Label } from "../../api/client";
import { draft } from "../../state/draft";
import { hiddenClasses, hovered, labels, selectedLabel, selection } from "../../state/labels";
import { classByUid } from "../../state/project";
import { reviewed } from "../../state/review";
import { route } from "../../state/route";
import { tool } from "../../state/tool";
import { labelFill, labelsVisible, vectorsHidden } from "../../state/view";
import { MAP_COLOURS } from "../colours";
import { type MapPoint, mapPoint } from "../coordinates";
import { HANDLES, labelSign, labelStyle, signText } from "../styles";

type LabelFeature = Feature<MultiPolygon>;

/** Labels narrower than this on the screen carry no sign. */
const SIGN_FROM_PX = 16;

/** Every loaded label, styled by class, selection and review state. */
export class LabelLayer {
  readonly source = new VectorSource<LabelFeature>();
  private readonly layer = new VectorLayer({ source: this.source, zIndex: 10, renderBuffer: 256 });
  private readonly drawn = new Map<
    string,
    { readonly label: Label; readonly feature: LabelFeature }
  >();
  private readonly signPoints = new WeakMap<LabelFeature, Point>();
  private stop: () => void = () => undefined;

  constructor(private readonly map: OlMap) {
    this.layer.setStyle((feature, resolution) => this.styleOf(String(feature.getId()), resolution));
  }

  attach(): void {
    this.map.addLayer(this.layer);
    const stops = [
      effect(() => this.draw(labels.value)),
      effect(() => {
        // Read here, so that a change of any of them draws the labels anew.
        void [selection.value, hovered.value, hiddenClasses.value, classByUid.value];
        void [labelFill.value, draft.value?.startLabel, reviewed.value, route.value, tool.value];
        this.layer.changed();
      }),
      effect(() => this.layer.setVisible(labelsVisible.value && !vectorsHidden.value)),
    ];
    this.stop = () => {
      for (const one of stops) one();
    };
  }

  dispose(): void {
    this.stop();
    this.map.removeLayer(this.layer);
  }

  feature(uid: string): LabelFeature | null {
    return this.drawn.get(uid)?.feature ?? null;
  }

  /** Shows a label's geometry as it is stored, after a gesture that came to nothing. */
  restore(uid: string): void {
    const known = this.drawn.get(uid);
    known?.feature.getGeometry()?.setCoordinates(copy(known.label));
  }

  /** Uids of visible labels at a place, the smallest first. */
  at(place: MapPoint): readonly string[] {
    if (!this.layer.getVisible()) return [];
    return this.source
      .getFeaturesAtCoordinate([place.x, place.y])
      .map((feature) => this.drawn.get(String(feature.getId()))?.label)
      .filter((label) => label !== undefined)
      .filter((label) => !hiddenClasses.peek().has(label.label_class))
      .sort((a, b) => a.area_m2 - b.area_m2)
      .map((label) => label.uid);
  }

  private draw(next: ReadonlyMap<string, Label>): void {
    const gone: LabelFeature[] = [];
    for (const [uid, { feature }] of this.drawn) {
      if (next.has(uid)) continue;
      gone.push(feature);
      this.drawn.delete(uid);
    }
    if (gone.length > 0) this.source.removeFeatures(gone);
    const fresh: LabelFeature[] = [];
    for (const [uid, label] of next) {
      const known = this.drawn.get(uid);
      if (known === undefined) {
        const feature = new Feature(new MultiPolygon(copy(label)));
        feature.setId(uid);
        fresh.push(feature);
        this.drawn.set(uid, { label, feature });
      } else if (known.label !== label) {
        if (known.label.geometry !== label.geometry) {
          this.signPoints.delete(known.feature);
          known.feature.getGeometry()?.setCoordinates(copy(label));
        }
        this.drawn.set(uid, { label, feature: known.feature });
        known.feature.changed();
      }
    }
    if (fresh.length > 0) this.source.addFeatures(fresh);
  }

  private styleOf(uid: string, resolution: number): Style[] {
    const known = this.drawn.get(uid);
    if (known === undefined) return [];
    const { label, feature } = known;
    if (hiddenClasses.peek().has(label.label_class)) return [];
    const labelClass = classByUid.peek().get(label.label_class);
    const underReview = route.peek().page === "review" ? reviewed.peek() : null;
    const styles = labelStyle({
      colour: labelClass?.colour ?? MAP_COLOURS.unclassed,
      pattern: labelClass?.pattern ?? "plain",
      fill: labelFill.peek(),
      selected: selection.peek().has(uid),
      // Armed, nothing reacts to hovering but the cursor.
      hovered: tool.peek() !== "segment" && hovered.peek()?.uid === uid,
      old: draft.peek()?.startLabel === uid,
      quiet: underReview !== null && underReview.uid !== uid,
    });
    const sign = this.sign(label, feature, resolution);
    const handled = tool.peek() === "vertices" && selectedLabel.peek()?.uid === uid;
    return [...styles, ...(handled ? [HANDLES] : []), ...(sign === null ? [] : [sign])];
  }

  private sign(label: Label, feature: LabelFeature, resolution: number): Style | null {
    const sign = labelSign(label.certainty, label.review_state);
    const geometry = feature.getGeometry();
    if (sign === "" || geometry === undefined) return null;
    const [minX = 0, minY = 0, maxX = 0, maxY = 0] = geometry.getExtent();
    if (Math.min(maxX - minX, maxY - minY) / resolution < SIGN_FROM_PX) return null;
    return new Style({
      geometry: this.signPoint(feature, geometry),
      text: signText(sign),
      zIndex: 3,
    });
  }

  private signPoint(feature: LabelFeature, geometry: MultiPolygon): Point {
    const known = this.signPoints.get(feature);
    if (known !== undefined) return known;
    const largest = geometry.getPolygons().sort((a, b) => b.getArea() - a.getArea())[0];
    const { x, y } = mapPoint(largest?.getInteriorPoint().getCoordinates() ?? [0, 0]);
    const made = new Point([x, y]);
    this.signPoints.set(feature, made);
    return made;
  }
}

/** OpenLayers may write into what it is given; the label's own coordinates stay as they came. */
function copy(label: Label): number[][][][] {
  return label.geometry.map((polygon) => polygon.map((ring) => ring.map((point) => [...point])));
}
