import type { Label, Overlap } from "../../api/client";
import { MOST_NAMED, overlapWords } from "../../state/overlapWords";
import { countWords } from "../../state/words";

interface Props {
  readonly label: Label;
  /** Null while they are fetched. */
  readonly overlaps: readonly Overlap[] | null;
  readonly areaUnit: "metric" | "acres";
  /** `gives` loses what it shares with `keeps`; null where this is no place to cut. */
  readonly onCut: ((gives: string, keeps: string) => void) | null;
}

/** In a list of facts: which labels the label lies on, and which gives way; nothing where none. */
export function OverlapFact({ label, overlaps, areaUnit, onCut }: Props) {
  if (overlaps === null || overlaps.length === 0) return null;
  const more = overlaps.length - MOST_NAMED;
  return (
    <>
      <dt>Lies on</dt>
      <dd class="fact-overlaps">
        {overlaps.slice(0, MOST_NAMED).map((other) => (
          <div key={other.label}>
            {overlapWords([other], areaUnit)}
            {onCut !== null && (
              <div class="fact-acts">
                <Cut label={label} onCut={() => onCut(label.uid, other.label)} />
                <Cut label={other} onCut={() => onCut(other.label, label.uid)} />
              </div>
            )}
          </div>
        ))}
        {more > 0 && `and ${countWords(more, "more", "more")}`}
      </dd>
    </>
  );
}

interface CutProps {
  readonly label: { readonly number: number };
  readonly onCut: () => void;
}

function Cut({ label, onCut }: CutProps) {
  return (
    <button type="button" class="link-button" onClick={onCut}>
      Cut #{label.number}
    </button>
  );
}
