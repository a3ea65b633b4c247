import { MAP_COLOURS } from "./colours";

const SCALE = 2;
const images = new Map<string, HTMLCanvasElement>();

/** CSS pixels of an image pixel of `markImage`. */
export const MARK_SCALE = 1 / SCALE;

/**
 * The sign of a click: a blue disc with a plus, an orange square with a minus, each in a white and
 * a black ring. `side` is the sign's own size in CSS pixels; the rings come on top.
 */
export function markImage(include: boolean, side: number): HTMLCanvasElement {
  const key = `${include} ${side}`;
  const known = images.get(key);
  if (known !== undefined) return known;
  const made = drawMark(include, side);
  images.set(key, made);
  return made;
}

function drawMark(include: boolean, side: number): HTMLCanvasElement {
  const [white, black] = [2, 1];
  const whole = side + 2 * (white + black) + 2;
  const canvas = document.createElement("canvas");
  canvas.width = whole * SCALE;
  canvas.height = whole * SCALE;
  const context = canvas.getContext("2d");
  if (context === null) return canvas;
  context.scale(SCALE, SCALE);
  context.translate(whole / 2, whole / 2);
  const shape = (reach: number, colour: string): void => {
    context.fillStyle = colour;
    context.beginPath();
    if (include) context.arc(0, 0, reach, 0, 2 * Math.PI);
    else context.rect(-reach, -reach, 2 * reach, 2 * reach);
    context.fill();
  };
  shape(side / 2 + white + black, MAP_COLOURS.black);
  shape(side / 2 + white, MAP_COLOURS.white);
  shape(side / 2, include ? MAP_COLOURS.include : MAP_COLOURS.exclude);
  context.strokeStyle = include ? MAP_COLOURS.white : MAP_COLOURS.black;
  context.lineWidth = 2;
  const arm = side / 2 - 3;
  context.beginPath();
  context.moveTo(-arm, 0);
  context.lineTo(arm, 0);
  if (include) {
    context.moveTo(0, -arm);
    context.lineTo(0, arm);
  }
  context.stroke();
  return canvas;
}
