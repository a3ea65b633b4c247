import { operation } from "../../actions/operations";
import { draftChips } from "../../state/draftBar";

/** Chips of the draft that are about the map; the bar has the others. */
const OVER_MAP: ReadonlySet<string> = new Set(["edge", "coarse", "small", "pixel", "inside"]);

/** What is to be known of the draft's outline, over the map's lower right corner. */
export function DraftChips() {
  return (
    <>
      {draftChips.value
        .filter((chip) => OVER_MAP.has(chip.id))
        .map(({ id, words, operation: act }) =>
          act === null ? (
            <p key={id} class="chip">
              {words}
            </p>
          ) : (
            <button key={id} type="button" class="chip chip-act" onClick={operation(act).run}>
              {words}
              <kbd>{operation(act).key}</kbd>
            </button>
          ),
        )}
    </>
  );
}
