import { useEffect } from "preact/hooks";
import { closeDoneHints, closeHint, hint } from "../../state/hints";
import { IconButton } from "../controls/Button";

/** One hint of the first run, over the map. */
export function Hint() {
  useEffect(closeDoneHints, []);
  if (hint.value === null) return null;
  return (
    <div class="over-map hint top-middle" role="note">
      <div class="chip">
        {hint.value}
        <IconButton icon="close" name="Close hint" small tip="start-below" onClick={closeHint} />
      </div>
    </div>
  );
}
