import { computed, signal } from "@preact/signals";
import { preferences } from "./preferences";
import { cursor } from "./view";
import { numberWords } from "./words";

type ToDegrees = (x: number, y: number) => readonly [number, number];

const toDegrees = signal<ToDegrees | null>(null);

/** The map knows the project's CRS and lends its transform to longitude and latitude. */
export function lendDegrees(value: ToDegrees | null): void {
  toDegrees.value = value;
}

/** The place under the cursor: "34.47160, -120.45490" (latitude first) or easting and northing. */
export const cursorWords = computed(() => {
  const at = cursor.value;
  if (at === null) return "";
  if (preferences.value.coordinates === "degrees" && toDegrees.value !== null) {
    const [lon, lat] = toDegrees.value(at[0], at[1]);
    return `${lat.toFixed(5)}, ${lon.toFixed(5)}`;
  }
  return `${numberWords(at[0], 1)}  ${numberWords(at[1], 1)}`;
});
