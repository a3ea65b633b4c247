import type { Overlap } from "../api/client";
import { areaWords, countWords } from "./words";

/** More labels than this are counted. */
export const MOST_NAMED = 3;

/** "#7 (30 m²), #9 (12 m²) and 2 more". */
export function overlapWords(found: readonly Overlap[], unit: "metric" | "acres"): string {
  const named = found
    .slice(0, MOST_NAMED)
    .map((one) => `#${one.number} (${areaWords(one.area_m2, unit)})`)
    .join(", ");
  const more = found.length - MOST_NAMED;
  return more > 0 ? `${named} and ${countWords(more, "more", "more")}` : named;
}

/** "0.03 ha was cut where #97 is.", or of several what was cut at each; "" where nothing was. */
export function cutWords(cut: readonly Overlap[], unit: "metric" | "acres"): string {
  const [first, ...others] = cut;
  if (first === undefined) return "";
  if (others.length > 0) return `What lay on ${overlapWords(cut, unit)} was cut.`;
  return `${areaWords(first.area_m2, unit)} was cut where #${first.number} is.`;
}
