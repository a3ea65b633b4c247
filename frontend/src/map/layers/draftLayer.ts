import { effect } from "@preact/signals";
import Feature from "ol/Feature";
import { MultiPolygon, Point } from "ol/geom";
import VectorLayer from "ol/layer/Vector";
import type OlMap from "ol/Map";
import Overlay from "ol/Overlay";
import VectorSource from "ol/source/Vector";
import type { MultiPolygon as Coordinates } from "../../api/client";
import { answer, draft, leftOut, marks, savingDrafts, settled } from "../../state/draft";
import { draftClass, pulsing } from "../../state/draftBar";
import { shownAnswer } from "../../state/draftData";
import { pending } from "../../state/pending";
import { classByUid } from "../../state/project";
import { vectorsHidden } from "../../state/view";
import { MAP_COLOURS } from "../colours";
import { LEFT_OUT, markStyle, NEWEST_MARK_PX, type OutlineLook, outlineStyle } from "../styles";

const PULSE_MS = 900;

/** The draft's marks and outline, and outlines that are being saved, drawn by hand or clicked. */
export class DraftLayer {
  private readonly source = new VectorSource();
  private readonly layer = new VectorLayer({
    source: this.source,
    zIndex: 20,
    updateWhileAnimating: true,
    updateWhileInteracting: true,
  });
  private readonly pulse = new Overlay({ positioning: "center-center", stopEvent: false });
  private stop: () => void = () => undefined;

  constructor(private readonly map: OlMap) {}

  attach(): void {
    this.map.addLayer(this.layer);
    this.map.addOverlay(this.pulse);
    const stops = [
      effect(() => this.draw()),
      effect(() => this.layer.setVisible(!vectorsHidden.value)),
      effect(() => this.showPulse()),
    ];
    this.stop = () => {
      for (const one of stops) one();
    };
  }

  dispose(): void {
    this.stop();
    this.map.removeLayer(this.layer);
    this.map.removeOverlay(this.pulse);
  }

  /** All features are replaced in one go, so nothing blinks off between two passes. */
  private draw(): void {
    const features: Feature[] = savingDrafts.value.flatMap((saving) => {
      const shown = shownAnswer(saving);
      const look = { ...this.look(saving.labelClass), settled: true, saving: true };
      return shown === null ? [] : [outline(shown.outline, look)];
    });
    for (const { edit } of pending.value.filter((entry) => entry.kind === "edit")) {
      if (edit.kind !== "create") continue;
      const look = { ...this.look(edit.label_class), settled: true, saving: true };
      features.push(outline(edit.geometry, look));
    }
    if (leftOut.value !== null) {
      // All parts: the outline, drawn later, covers the dots of those that it has.
      const dotted = new Feature(new MultiPolygon(leftOut.value));
      dotted.setStyle([...LEFT_OUT]);
      features.push(dotted);
    }
    const shown = answer.value;
    if (shown !== null) {
      const look = this.look(draftClass.value?.uid ?? null);
      features.push(outline(shown.outline, { ...look, settled: settled.value, saving: false }));
    }
    for (const [index, mark] of marks.value.entries()) {
      const feature = new Feature(new Point([mark.x, mark.y]));
      feature.setStyle(markStyle(mark.include, index === marks.value.length - 1));
      features.push(feature);
    }
    this.source.clear(true);
    this.source.addFeatures(features);
  }

  private look(uid: string | null): Pick<OutlineLook, "colour" | "pattern"> {
    const labelClass = uid === null ? undefined : classByUid.value.get(uid);
    return {
      colour: labelClass?.colour ?? MAP_COLOURS.unclassed,
      pattern: labelClass?.pattern ?? "plain",
    };
  }

  private showPulse(): void {
    const newest = marks.value.at(-1);
    if (draft.value === null || newest === undefined || !pulsing.value) {
      this.pulse.setPosition(undefined);
      return;
    }
    if (this.pulse.getElement() === undefined) this.pulse.setElement(pulseRing());
    this.pulse.setPosition([newest.x, newest.y]);
  }
}

function outline(coordinates: Coordinates, look: OutlineLook): Feature {
  const feature = new Feature(new MultiPolygon(coordinates));
  feature.setStyle(outlineStyle(look));
  return feature;
}

function pulseRing(): HTMLElement {
  const ring = document.createElement("div");
  const side = `${NEWEST_MARK_PX + 12}px`;
  Object.assign(ring.style, {
    width: side,
    height: side,
    boxSizing: "border-box",
    border: `2px solid ${MAP_COLOURS.white}`,
    borderRadius: "50%",
    pointerEvents: "none",
  });
  if (!matchMedia("(prefers-reduced-motion: reduce)").matches) {
    ring.animate(
      [
        { transform: "scale(0.8)", opacity: 1 },
        { transform: "scale(1.4)", opacity: 0 },
      ],
      { duration: PULSE_MS, iterations: Number.POSITIVE_INFINITY },
    );
  }
  return ring;
}
