import { Icon } from "./Icon";

interface Props<Value extends string> {
  readonly id?: string;
  /** Its name where no label stands by it. */
  readonly name?: string;
  /** The id of the note that belongs to it. */
  readonly described?: string | undefined;
  readonly options: readonly { readonly value: Value; readonly words: string }[];
  readonly value: Value;
  readonly disabled?: boolean;
  readonly onChange: (value: Value) => void;
}

/** A native list of choices. */
export function Select<Value extends string>(props: Props<Value>) {
  const { options, value, onChange } = props;
  return (
    <span class="select-box">
      <select
        id={props.id}
        class="select"
        aria-label={props.name}
        aria-describedby={props.described}
        value={value}
        disabled={props.disabled}
        onChange={(event) => {
          const chosen = options.find((one) => one.value === event.currentTarget.value);
          if (chosen) onChange(chosen.value);
        }}
      >
        {options.map((one) => (
          <option key={one.value} value={one.value}>
            {one.words}
          </option>
        ))}
      </select>
      <Icon name="down" small />
    </span>
  );
}
