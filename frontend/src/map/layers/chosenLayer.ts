import { effect } from "@preact/signals";
import VectorLayer from "ol/layer/Vector";
import type OlMap from "ol/Map";
import VectorSource from "ol/source/Vector";
import type { Style } from "ol/style";
import type { Label } from "../../api/client";
import { compared } from "../../state/before";
import { hiddenClasses, hovered, selectedLabel, selectedLabels } from "../../state/labels";
import { classByUid } from "../../state/project";
import { tool } from "../../state/tool";
import { labelsVisible, vectorsHidden } from "../../state/view";
import { MAP_COLOURS } from "../colours";
import { chosenStyle, HANDLES } from "../styles";
import { type LabelFeature, labelFeature, reshapeFeature } from "./labelFeature";

interface Drawn {
  readonly label: Label;
  readonly feature: LabelFeature;
}

/** The outlines of selected labels and of the one under the pointer, drawn over all labels. */
export class ChosenLayer {
  private readonly source = new VectorSource<LabelFeature>();
  private readonly layer = new VectorLayer({
    source: this.source,
    zIndex: 11,
    updateWhileAnimating: true,
    updateWhileInteracting: true,
  });
  private readonly drawn = new Map<string, Drawn>();
  private stop: () => void = () => undefined;

  constructor(private readonly map: OlMap) {
    this.layer.setStyle((feature) => this.styleOf(String(feature.getId())));
  }

  attach(): void {
    this.map.addLayer(this.layer);
    const stops = [
      effect(() => this.draw()),
      effect(() => {
        void [classByUid.value, tool.value, selectedLabel.value?.uid];
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

  /** A selected label's feature, for a tool to change. */
  feature(uid: string): LabelFeature | null {
    return this.drawn.get(uid)?.feature ?? null;
  }

  /** Shows a label as it is, after a gesture that came to nothing. */
  restore(uid: string): void {
    const known = this.drawn.get(uid);
    if (known !== undefined) reshapeFeature(known.feature, known.label);
  }

  private draw(): void {
    const under = tool.value === "segment" ? null : hovered.value;
    const wanted = new Map(
      [...selectedLabels.value, ...(under === null ? [] : [under])]
        .filter((label) => !hiddenClasses.value.has(label.label_class))
        .filter((label) => label.uid !== compared.value)
        .map((label) => [label.uid, label]),
    );
    for (const [uid, { feature }] of this.drawn) {
      if (wanted.has(uid)) continue;
      this.source.removeFeature(feature);
      this.drawn.delete(uid);
    }
    for (const [uid, label] of wanted) {
      const known = this.drawn.get(uid);
      const feature = known?.feature ?? labelFeature(label);
      this.drawn.set(uid, { label, feature });
      if (known === undefined) this.source.addFeature(feature);
      else if (known.label.geometry !== label.geometry) reshapeFeature(feature, label);
      else if (known.label !== label) feature.changed();
    }
  }

  private styleOf(uid: string): Style[] {
    const label = this.drawn.get(uid)?.label;
    if (label === undefined) return [];
    const colour = classByUid.peek().get(label.label_class)?.colour ?? MAP_COLOURS.unclassed;
    const selected = selectedLabels.peek().some((one) => one.uid === uid);
    const handled = tool.peek() === "vertices" && selectedLabel.peek()?.uid === uid;
    return [...chosenStyle(colour, selected), ...(handled ? [HANDLES] : [])];
  }
}
