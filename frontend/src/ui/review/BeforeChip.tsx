import { shownBefore } from "../../state/before";
import { preferences } from "../../state/preferences";
import { areaWords } from "../../state/words";

/** Says over the map that it shows what was before. */
export function BeforeChip() {
  const before = shownBefore.value;
  if (before === null) return null;
  const area = areaWords(before.area_m2, preferences.value.areaUnit);
  return (
    <p class="over-map top-middle chip" role="status">
      <strong>Before</strong> revision {before.revision}, {area}
    </p>
  );
}
