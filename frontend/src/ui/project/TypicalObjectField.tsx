import { lengthWords } from "../../state/words";
import { Button } from "../controls/Button";
import { Field } from "../controls/Field";

interface Props {
  /** null: not set, and the labels of a class say how long its objects are. */
  readonly valueM: number | null;
  /** What the labels say; null while they are too few. */
  readonly measuredM: number | null;
  readonly onValue: (valueM: number | null) => void;
}

const NOTE =
  "Longest side of what you mostly label: the first click looks at a window of that size. Empty: " +
  "as long as your labels of the class, from the fifth on.";

/** How long a typical object is, typed or taken from the labels. */
export function TypicalObjectField({ valueM, measuredM, onValue }: Props) {
  const offeredM = measuredM === null ? null : Number(measuredM.toPrecision(2));
  return (
    <Field label="Typical object, m" note={NOTE}>
      {(id, described) => (
        <div class="field-row">
          <input
            id={id}
            class="input number"
            type="number"
            min={0.01}
            max={100_000}
            step="any"
            aria-describedby={described}
            value={valueM ?? ""}
            onInput={(event) => {
              const typed = event.currentTarget.valueAsNumber;
              onValue(Number.isFinite(typed) ? typed : null);
            }}
          />
          {offeredM !== null && offeredM > 0 && (
            <Button onClick={() => onValue(offeredM)}>From labels: {lengthWords(offeredM)}</Button>
          )}
        </div>
      )}
    </Field>
  );
}
