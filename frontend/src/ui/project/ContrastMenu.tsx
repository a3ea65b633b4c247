import { useEffect, useState } from "preact/hooks";
import {
  type Contrast,
  fixedRanges,
  fixedStretch,
  GAMMAS,
  PERCENTILES,
  type Range,
} from "../../state/contrast";
import { Button } from "../controls/Button";
import { Field } from "../controls/Field";
import { Icon } from "../controls/Icon";
import { Menu } from "../controls/Menu";
import { Select } from "../controls/Select";
import { Slider } from "../controls/Slider";

interface Props {
  /** The view's name. */
  readonly view: string;
  readonly contrast: Contrast;
  /** The view's own. */
  readonly usual: Contrast;
  /** Values of an index, such as NDVI: no percentiles of the image, and no middle to brighten. */
  readonly isIndex: boolean;
  readonly onContrast: (contrast: Contrast | null) => void;
  /** Asks for the contrast that suits what is in sight. */
  readonly onFit: () => void;
}

const FIXED = { value: "fixed", words: "Between two values" } as const;

/** How light and dark the view is; clicks see the image's own values whatever is chosen here. */
export function ContrastMenu(props: Props) {
  const changed = isChanged(props);
  return (
    <Menu
      name={changed ? "Contrast, changed" : "Contrast"}
      tip="Contrast"
      class={changed ? "icon-button is-changed" : "icon-button"}
      label={<Icon name="contrast" />}
    >
      {() => <ContrastForm {...props} />}
    </Menu>
  );
}

function isChanged({ contrast, usual }: Props): boolean {
  return contrast.stretch !== usual.stretch || contrast.gamma !== usual.gamma;
}

/** What the menu holds. */
export function ContrastForm(props: Props) {
  const { contrast, onContrast } = props;
  return (
    <div class="menu-part contrast">
      <p class="menu-heading">Contrast: {props.view}</p>
      <Stretch {...props} />
      <Button onClick={props.onFit}>Fit to what is in sight</Button>
      {!props.isIndex && (
        <Slider
          label="Midtones"
          lowest={GAMMAS.lowest}
          highest={GAMMAS.highest}
          value={contrast.gamma}
          words={(gamma) => gamma.toFixed(2)}
          onValue={(gamma) => onContrast({ ...contrast, gamma })}
        />
      )}
      <Button look="quiet" disabled={!isChanged(props)} onClick={() => onContrast(null)}>
        Reset
      </Button>
    </div>
  );
}

function Stretch({ contrast, isIndex, onContrast, onFit }: Props) {
  const ranges = fixedRanges(contrast.stretch);
  const [range] = ranges;
  const known = PERCENTILES.find((one) => one.value === contrast.stretch);
  return (
    <>
      {!isIndex && (
        <Select
          name="Stretch"
          options={[...PERCENTILES, FIXED]}
          value={known?.value ?? FIXED.value}
          onChange={(value) => {
            if (value === FIXED.value) onFit();
            else onContrast({ ...contrast, stretch: value });
          }}
        />
      )}
      {ranges.length > 1 && <p class="field-note">Each band between values of its own.</p>}
      {ranges.length === 1 && range !== undefined && (
        <Values range={range} onStretch={(stretch) => onContrast({ ...contrast, stretch })} />
      )}
    </>
  );
}

interface ValuesProps {
  readonly range: Range;
  readonly onStretch: (stretch: string) => void;
}

function Values({ range, onStretch }: ValuesProps) {
  const [[low, high], setTyped] = useState(range);
  useEffect(() => setTyped(range), [range[0], range[1]]);
  const stretch = fixedStretch(low, high);
  const input = (label: string, value: number, put: (typed: number) => Range) => (
    <Field label={label}>
      {(id) => (
        <input
          id={id}
          class="input number"
          type="number"
          step="any"
          value={Number.isNaN(value) ? "" : value}
          onInput={(event) => setTyped(put(event.currentTarget.valueAsNumber))}
          onChange={() => {
            if (stretch !== null) onStretch(stretch);
          }}
        />
      )}
    </Field>
  );
  return (
    <>
      <div class="contrast-values">
        {input("Darkest", low, (value) => [value, high])}
        {input("Lightest", high, (value) => [low, value])}
      </div>
      {stretch === null && (
        <p class="field-note field-error">The lightest value has to lie above the darkest.</p>
      )}
    </>
  );
}
