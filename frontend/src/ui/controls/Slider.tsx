import { useState } from "preact/hooks";

interface Props {
  readonly label: string;
  readonly lowest: number;
  readonly highest: number;
  readonly value: number;
  readonly words: (value: number) => string;
  /** Takes each value that is dragged over, where following them is cheap; else the last. */
  readonly live?: boolean;
  readonly onValue: (value: number) => void;
}

const STEP = 0.05;

/** A number between two ends, with its words behind it. */
export function Slider(props: Props) {
  const { label, value, words, live = false, onValue } = props;
  const [dragged, setDragged] = useState<number | null>(null);
  const shown = dragged ?? value;
  return (
    <label class="slider">
      <span>{label}</span>
      <input
        class="range"
        type="range"
        min={props.lowest}
        max={props.highest}
        step={STEP}
        value={shown}
        onInput={(event) => {
          const moved = event.currentTarget.valueAsNumber;
          if (live) onValue(moved);
          else setDragged(moved);
        }}
        onChange={(event) => {
          setDragged(null);
          onValue(event.currentTarget.valueAsNumber);
        }}
      />
      <output>{words(shown)}</output>
    </label>
  );
}
