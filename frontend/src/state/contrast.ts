/** Which values of a view become dark and light, as the addresses of tiles spell it. */

export interface Contrast {
  /** "p2-98": percentiles of the image; "f10to200": fixed values; one range a band with "~". */
  readonly stretch: string;
  /** Brightness of the middle; 1 leaves it. */
  readonly gamma: number;
}

export type Range = readonly [low: number, high: number];

export const GAMMAS = { lowest: 0.4, highest: 2.5 } as const;

/** The stretches that an import measured. */
export const PERCENTILES = [
  { value: "p2-98", words: "2–98 % of the image" },
  { value: "p0.5-99.5", words: "0.5–99.5 % of the image" },
  { value: "p0-100", words: "Everything in the image" },
] as const;

const SPELLING =
  /^(?<picture>(?:rgb|grey|ndvi)_\d+(?:-\d+){0,2})_(?<stretch>[pf][\d.~to-]+)(?:_g(?<gamma>\d(?:\.\d+)?))?$/;
const LARGEST = 999_999_999;

/** What a view shows ("rgb_1-2-3"), and its contrast; null for text that nobody could choose here. */
export function splitView(
  text: string,
): { readonly picture: string; readonly contrast: Contrast } | null {
  const found = SPELLING.exec(text)?.groups;
  if (found?.picture === undefined || found.stretch === undefined) return null;
  const { picture, stretch } = found;
  const gamma = Number(found.gamma ?? 1);
  const isKnown =
    fitsPicture(stretch, picture) && gamma >= GAMMAS.lowest && gamma <= GAMMAS.highest;
  return isKnown ? { picture, contrast: { stretch, gamma } } : null;
}

/** Whether the server draws a picture with a stretch: percentiles it measured, or ranges that are some. */
function fitsPicture(stretch: string, picture: string): boolean {
  const isIndex = picture.startsWith("ndvi");
  if (PERCENTILES.some(({ value }) => value === stretch)) return !isIndex;
  const ranges = fixedRanges(stretch);
  const spelled = ranges.map(([low, high]) => fixedStretch(low, high)?.slice(1)).join("~");
  const bands = isIndex ? 1 : picture.split("-").length;
  return `f${spelled}` === stretch && (ranges.length === 1 || ranges.length === bands);
}

/** A view with another contrast. */
export function withContrast(view: string, contrast: Contrast): string {
  const picture = splitView(view)?.picture;
  if (picture === undefined) return view;
  const gamma = plain(contrast.gamma, 2);
  return `${picture}_${contrast.stretch}${gamma === "1" ? "" : `_g${gamma}`}`;
}

/** The fixed stretch between two values; null where they are no range. */
export function fixedStretch(low: number, high: number): string | null {
  const fits = [low, high].every((one) => Number.isFinite(one) && Math.abs(one) <= LARGEST);
  const [from, to] = [plain(low, 6), plain(high, 6)];
  return fits && Number(from) < Number(to) ? `f${from}to${to}` : null;
}

/** Its values, of a fixed stretch; none where it goes by percentiles. */
export function fixedRanges(stretch: string): readonly Range[] {
  if (!stretch.startsWith("f")) return [];
  return stretch
    .slice(1)
    .split("~")
    .map((range) => {
      const [low = 0, high = 0] = range.split("to").map(Number);
      return [low, high] as const;
    });
}

/** Shortest plain decimal, as the server wants it. */
function plain(value: number, decimals: number): string {
  const rounded = Number(value.toFixed(decimals));
  return String(rounded === 0 ? 0 : rounded);
}
