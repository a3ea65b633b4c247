import Feature from "ol/Feature";
import { MultiPolygon } from "ol/geom";
import type { Label } from "../../api/client";

export type LabelFeature = Feature<MultiPolygon>;

/** OpenLayers may write into what it is given; the label's own coordinates stay as they came. */
function copy(label: Label): number[][][][] {
  return label.geometry.map((polygon) => polygon.map((ring) => ring.map((point) => [...point])));
}

export function labelFeature(label: Label): LabelFeature {
  const feature = new Feature(new MultiPolygon(copy(label)));
  feature.setId(label.uid);
  return feature;
}

/** Gives a feature the geometry of its label. */
export function reshapeFeature(feature: LabelFeature, label: Label): void {
  feature.getGeometry()?.setCoordinates(copy(label));
}
