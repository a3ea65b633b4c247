import type { Pattern } from "../../api/client";
import { Swatch } from "../controls/Swatch";
import { safeColours } from "./newClass";

interface Props {
  readonly value: string;
  readonly pattern: Pattern;
  readonly onChange: (colour: string) => void;
}

/** One of the eight safe colours, or any other. */
export function ColourChoice({ value, pattern, onChange }: Props) {
  return (
    <fieldset class="field">
      <legend class="field-label colour-legend">Colour</legend>
      <div class="colours">
        {safeColours.map((one) => (
          <label key={one.colour} class="colour" title={one.name}>
            <input
              type="radio"
              name="colour"
              aria-label={one.name}
              checked={one.colour === value.toUpperCase()}
              onChange={() => onChange(one.colour)}
            />
            <Swatch colour={one.colour} pattern={pattern} />
          </label>
        ))}
        <label class="colour-other">
          <span class="quiet">Other</span>
          <input
            type="color"
            value={value}
            onInput={(event) => onChange(event.currentTarget.value.toUpperCase())}
          />
        </label>
      </div>
    </fieldset>
  );
}
