import type { Overlap } from "../../api/client";
import { overlapWords } from "../../state/overlapWords";

interface Props {
  /** Null while they are fetched. */
  readonly overlaps: readonly Overlap[] | null;
  readonly areaUnit: "metric" | "acres";
}

/** In a list of facts: which labels the label lies on; nothing where there are none. */
export function OverlapFact({ overlaps, areaUnit }: Props) {
  if (overlaps === null || overlaps.length === 0) return null;
  return (
    <>
      <dt>Lies on</dt>
      <dd class="fact-overlaps">{overlapWords(overlaps, areaUnit)}</dd>
    </>
  );
}
