import { effect } from "@preact/signals";
import Feature from "ol/Feature";
import { MultiPolygon } from "ol/geom";
import VectorLayer from "ol/layer/Vector";
import type OlMap from "ol/Map";
import VectorSource from "ol/source/Vector";
import { shownBefore } from "../../state/before";
import { labelsVisible, vectorsHidden } from "../../state/view";
import { DASHED } from "../styles";

/** The outline that the label under review had before, while Y is held. */
export class BeforeLayer {
  private readonly source = new VectorSource();
  private readonly layer = new VectorLayer({ source: this.source, zIndex: 12, style: DASHED });
  private stop: () => void = () => undefined;

  constructor(private readonly map: OlMap) {}

  attach(): void {
    this.map.addLayer(this.layer);
    const stops = [
      effect(() => this.draw()),
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

  private draw(): void {
    const before = shownBefore.value;
    this.source.clear(true);
    if (before === null) return;
    this.source.addFeature(new Feature(new MultiPolygon(before.geometry)));
  }
}
