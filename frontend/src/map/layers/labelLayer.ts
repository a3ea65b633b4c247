import { effect } from "@preact/signals";
import { type MultiPolygon, Point } from "ol/geom";
import VectorImageLayer from "ol/layer/VectorImage";
import type OlMap from "ol/Map";
import VectorSource from "ol/source/Vector";
import { Style } from "ol/style";
import type { Label } from "../../api/client";
import { compared } from "../../state/before";
import { draft } from "../../state/draft";
import { hiddenClasses, labels } from "../../state/labels";
import { classByUid } from "../../state/project";
import { reviewed } from "../../state/review";
import { route } from "../../state/route";
import { labelFill, labelsVisible, vectorsHidden } from "../../state/view";
import { MAP_COLOURS } from "../colours";
import { type MapPoint, mapPoint } from "../coordinates";
import { labelSign, labelStyle, signText, thinStyle } from "../styles";
import { type LabelFeature, labelFeature, reshapeFeature } from "./labelFeature";

/** Labels narrower than this on the screen carry no sign. */
const SIGN_FROM_PX = 16;
/** The picture reaches over the map's edges, so that a pan does not uncover empty ground at once. */
const IMAGE_RATIO = 1.5;

interface Drawn {
  readonly label: Label;
  readonly feature: LabelFeature;
}

/**
 * Every loaded label, by class and review state. Drawn as one picture that is moved while the map
 * moves: thousands of outlines stroked in every frame would make a pan stutter. What changes with
 * the pointer (selection, hovering) is drawn over it by `ChosenLayer`.
 */
export class LabelLayer {
  readonly source = new VectorSource<LabelFeature>();
  private readonly layer = new VectorImageLayer({
    source: this.source,
    zIndex: 10,
    imageRatio: IMAGE_RATIO,
  });
  private readonly drawn = new Map<string, Drawn>();
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
        void [hiddenClasses.value, classByUid.value, labelFill.value, draft.value?.startLabel];
        void [reviewed.value?.uid, route.value.page, compared.value];
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
      if (known?.label === label) continue;
      const feature = known?.feature ?? labelFeature(label);
      this.drawn.set(uid, { label, feature });
      if (known === undefined) {
        fresh.push(feature);
      } else if (known.label.geometry !== label.geometry) {
        this.signPoints.delete(feature);
        reshapeFeature(feature, label);
      } else {
        feature.changed();
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
    const colour = labelClass?.colour ?? MAP_COLOURS.unclassed;
    const underReview = route.peek().page === "review" ? reviewed.peek() : null;
    const grey =
      draft.peek()?.startLabel === uid || (underReview !== null && underReview.uid !== uid);
    const pattern = labelClass?.pattern ?? "plain";
    const styles =
      compared.peek() === uid
        ? thinStyle(colour)
        : labelStyle({ colour, pattern, fill: labelFill.peek(), grey });
    const sign = this.sign(label, feature, resolution);
    return sign === null ? styles : [...styles, sign];
  }

  private sign(label: Label, feature: LabelFeature, resolution: number): Style | null {
    const sign = labelSign(label.certainty, label.review_state);
    const geometry = feature.getGeometry();
    if (sign === "" || geometry === undefined) return null;
    const [minX = 0, minY = 0, maxX = 0, maxY = 0] = geometry.getExtent();
    if (Math.min(maxX - minX, maxY - minY) / resolution < SIGN_FROM_PX) return null;
    const point = this.signPoint(feature, geometry);
    return new Style({ geometry: point, text: signText(sign), zIndex: 3 });
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
