import type { Pattern } from "../api/client";

/** Colours over imagery. Shape and casing carry the meaning; these survive every kind of colour vision. */
export const MAP_COLOURS = {
  include: "#0072B2",
  exclude: "#E69F00",
  white: "#FFFFFF",
  black: "#000000",
  unclassed: "#FFFFFF",
  old: "#9A9F98",
} as const;

/** "#D55E00" with an opacity of 0 to 1. */
export function withAlpha(colour: string, alpha: number): string {
  const [red, green, blue] = [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));
  return `rgba(${red ?? 0}, ${green ?? 0}, ${blue ?? 0}, ${alpha})`;
}

const PATTERN_PX = 10;
const patterns = new Map<string, CanvasPattern | string>();

/** A fill in the colour and pattern of a class: plain, 45° hatch or dots. */
export function classFill(colour: string, pattern: Pattern, alpha: number): CanvasPattern | string {
  const plain = withAlpha(colour, alpha);
  if (pattern === "plain") return plain;
  const key = `${colour} ${pattern} ${alpha}`;
  const known = patterns.get(key);
  if (known !== undefined) return known;
  const made = drawPattern(colour, pattern, alpha) ?? plain;
  patterns.set(key, made);
  return made;
}

function drawPattern(
  colour: string,
  pattern: "hatch" | "dots",
  alpha: number,
): CanvasPattern | null {
  const canvas = document.createElement("canvas");
  canvas.width = PATTERN_PX;
  canvas.height = PATTERN_PX;
  const context = canvas.getContext("2d");
  if (context === null) return null;
  context.fillStyle = withAlpha(colour, alpha * 0.6);
  context.fillRect(0, 0, PATTERN_PX, PATTERN_PX);
  const ink = withAlpha(colour, Math.min(1, alpha + 0.45));
  if (pattern === "hatch") {
    context.strokeStyle = ink;
    context.lineWidth = 2;
    context.beginPath();
    // Three lines, so that the corners of neighbouring squares join.
    for (const shift of [-PATTERN_PX, 0, PATTERN_PX]) {
      context.moveTo(shift - 1, PATTERN_PX + 1);
      context.lineTo(shift + PATTERN_PX + 1, -1);
    }
    context.stroke();
  } else {
    context.fillStyle = ink;
    context.beginPath();
    context.arc(PATTERN_PX / 2, PATTERN_PX / 2, 2, 0, 2 * Math.PI);
    context.fill();
  }
  return context.createPattern(canvas, "repeat");
}
