/** How things look on the map: functions of plain data. */

import type { FeatureLike } from "ol/Feature";
import { MultiPoint, MultiPolygon } from "ol/geom";
import { Circle, Fill, Icon, RegularShape, Stroke, Style, Text } from "ol/style";
import type { Certainty, Pattern, ReviewState } from "../api/client";
import type { LabelFill } from "../state/view";
import { classFill, MAP_COLOURS, withAlpha } from "./colours";
import { MARK_SCALE, markImage } from "./markImage";

export interface LabelLook {
  readonly colour: string;
  readonly pattern: Pattern;
  readonly fill: LabelFill;
  /** An outline that is being refined, or in review the neighbours: grey and unfilled. */
  readonly grey: boolean;
}

const FILL_ALPHA: Readonly<Record<LabelFill, number>> = { outline: 0, light: 0.15, strong: 0.4 };

const labelStyles = new Map<string, Style[]>();

/** Fill and outline of a label; the same look gives the same style objects. */
export function labelStyle(look: LabelLook): Style[] {
  const key = JSON.stringify(look);
  const known = labelStyles.get(key);
  if (known !== undefined) return known;
  const made = makeLabelStyle(look);
  labelStyles.set(key, made);
  return made;
}

function makeLabelStyle(look: LabelLook): Style[] {
  const colour = look.grey ? MAP_COLOURS.old : look.colour;
  const alpha = look.grey ? 0 : FILL_ALPHA[look.fill];
  const fill = new Style({ fill: new Fill({ color: classFill(colour, look.pattern, alpha) }) });
  return [
    ...(alpha > 0 ? [fill] : []),
    stroke(withAlpha(MAP_COLOURS.black, 0.6), 4.5),
    stroke(withAlpha(MAP_COLOURS.white, 0.7), 3.2),
    stroke(colour, 2),
  ];
}

/** A label's outline while the one that it had before is shown: thin, to compare with. */
export function thinStyle(colour: string): Style[] {
  return [stroke(withAlpha(MAP_COLOURS.black, 0.8), 3.6), stroke(colour, 2)];
}

const chosenStyles = new Map<string, Style[]>();

/** The 3 px outline of a selected label in its casing, or of the one under the pointer. */
export function chosenStyle(colour: string, selected: boolean): Style[] {
  const key = `${colour} ${selected}`;
  const known = chosenStyles.get(key);
  if (known !== undefined) return known;
  const casing = selected
    ? [stroke(MAP_COLOURS.black, 7), stroke(MAP_COLOURS.white, 5)]
    : [stroke(withAlpha(MAP_COLOURS.black, 0.6), 5)];
  const made = [...casing, stroke(colour, 3)];
  chosenStyles.set(key, made);
  return made;
}

function stroke(colour: string, width: number, dash?: number[]): Style {
  return new Style({
    stroke: new Stroke({ color: colour, width, ...(dash ? { lineDash: dash } : {}) }),
  });
}

const HANDLE_PX = 4;

function handleInk(): { readonly fill: Fill; readonly stroke: Stroke } {
  return {
    fill: new Fill({ color: MAP_COLOURS.white }),
    stroke: new Stroke({ color: MAP_COLOURS.black, width: 1 }),
  };
}

function vertices(feature: FeatureLike): MultiPoint | undefined {
  const geometry = feature.getGeometry();
  if (!(geometry instanceof MultiPolygon)) return undefined;
  return new MultiPoint(geometry.getCoordinates().flat(2));
}

/** Squares on the vertices of the label whose outline is being changed. */
export const HANDLES = new Style({
  geometry: vertices,
  image: new RegularShape({ points: 4, radius: HANDLE_PX, angle: Math.PI / 4, ...handleInk() }),
  zIndex: 4,
});

/** The vertex, or the place on an edge, that a press would take hold of. */
export const GRIP = new Style({ image: new Circle({ radius: HANDLE_PX + 2, ...handleInk() }) });

/** The sign on a label: possible, accepted, returned; empty for a sure one that waits for review. */
export function labelSign(certainty: Certainty, review: ReviewState): string {
  const doubt = certainty === "possible" ? "?" : "";
  if (review === "accepted") return `${doubt}✓`;
  return review === "returned" ? `${doubt}!` : doubt;
}

const signStyles = new Map<string, Text>();

export function signText(sign: string): Text {
  const known = signStyles.get(sign);
  if (known !== undefined) return known;
  const made = new Text({
    text: sign,
    font: "bold 12px system-ui, sans-serif",
    fill: new Fill({ color: MAP_COLOURS.white }),
    stroke: new Stroke({ color: MAP_COLOURS.black, width: 3 }),
    overflow: true,
  });
  signStyles.set(sign, made);
  return made;
}

export interface OutlineLook {
  readonly settled: boolean;
  readonly saving: boolean;
  readonly colour: string;
  readonly pattern: Pattern;
}

/** An outline that does not count: one that is still coarse, or the one that a label had before. */
export const DASHED = [stroke(MAP_COLOURS.black, 4), stroke(MAP_COLOURS.white, 2, [6, 4])];

/** Coarse: dashed. Settled: the class colour in a casing, lightly filled. */
export function outlineStyle({ settled, saving, colour, pattern }: OutlineLook): Style[] {
  if (!settled) return DASHED;
  const strength = saving ? 0.6 : 1;
  const [white, black] = [MAP_COLOURS.white, MAP_COLOURS.black].map((one) =>
    withAlpha(one, strength),
  );
  return [
    new Style({ fill: new Fill({ color: classFill(colour, pattern, 0.15 * strength) }) }),
    stroke(black ?? "", 6),
    stroke(white ?? "", 4),
    stroke(withAlpha(colour, strength), 2),
  ];
}

const DOTS = [0, 6];

/** Parts of an outline that are left out: white dots on black ones, unfilled. */
export const LEFT_OUT: readonly Style[] = [
  stroke(MAP_COLOURS.black, 4, DOTS),
  stroke(MAP_COLOURS.white, 2.5, DOTS),
];

export const MARK_PX = 14;
export const NEWEST_MARK_PX = 18;

export function markStyle(include: boolean, newest: boolean): Style {
  return new Style({
    image: new Icon({
      img: markImage(include, newest ? NEWEST_MARK_PX : MARK_PX),
      scale: MARK_SCALE,
    }),
    zIndex: newest ? 2 : 1,
  });
}
