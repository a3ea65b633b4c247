/** Numbers and counts as people read them. Areas come in square metres always. */

const M2_PER_HA = 10_000;
const M2_PER_ACRE = 4046.8564224;

/** A number with thin groups of three: 1 204. */
export function numberWords(value: number, digits = 0): string {
  const [whole = "0", fraction] = value.toFixed(digits).split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+(?!\d))/g, "\u202f");
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}

/** "0.42 ha", below 0.1 ha "640 m²"; or acres. What is there is never said to be 0. */
export function areaWords(m2: number, unit: "metric" | "acres" = "metric"): string {
  if (m2 === 0) return unit === "acres" ? "0 ac" : "0 m²";
  if (unit === "acres") {
    const acres = m2 / M2_PER_ACRE;
    return `${numberWords(acres, acres < 1 ? 3 : 2)} ac`;
  }
  if (m2 < 0.05) return "under 0.1 m²";
  if (m2 < M2_PER_HA / 10) return `${numberWords(m2, m2 < 10 ? 1 : 0)} m²`;
  const hectares = m2 / M2_PER_HA;
  return `${numberWords(hectares, hectares < 100 ? 2 : 0)} ha`;
}

/** The same, spelled out for a screen reader: "0.42 hectares". */
export function spokenArea(m2: number, unit: "metric" | "acres" = "metric"): string {
  return areaWords(m2, unit)
    .replace(/ ha$/, " hectares")
    .replace(/ ac$/, " acres")
    .replace(/ m²$/, " square metres");
}

/** "1 click", "3 clicks". */
export function countWords(count: number, one: string, many: string): string {
  return `${numberWords(count)} ${count === 1 ? one : many}`;
}

/** "3 clicks (2+ 1−)". */
export function clickWords(include: number, exclude: number): string {
  return `${countWords(include + exclude, "click", "clicks")} (${include}+ ${exclude}\u2212)`;
}

/** "0.6 m", "4.8 m", "30 m": the side of a pixel on the ground. */
export function lengthWords(metres: number): string {
  if (metres >= 1000) return `${Number((metres / 1000).toFixed(metres < 10_000 ? 1 : 0))} km`;
  if (metres >= 10) return `${numberWords(metres)} m`;
  if (metres >= 0.1) return `${Number(metres.toFixed(metres < 1 ? 2 : 1))} m`;
  return `${Number((metres * 100).toFixed(1))} cm`;
}

/** Bytes in the unit that gives two or three digits. */
export function byteWords(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${numberWords(value, unit > 0 && value < 10 ? 1 : 0)} ${units[unit]}`;
}
