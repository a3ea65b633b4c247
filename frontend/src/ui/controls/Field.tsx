import type { ComponentChildren, JSX } from "preact";
import { useId } from "preact/hooks";

interface FieldProps {
  readonly label: string;
  readonly note?: string | undefined;
  readonly error?: string | undefined;
  readonly narrow?: boolean;
  readonly children: (id: string, described: string | undefined) => ComponentChildren;
}

/** A control under its name, with a note or an error below that belongs to it. */
export function Field({ label, note, error, narrow = false, children }: FieldProps) {
  const id = useId();
  const described = (error ?? note) ? `${id}-note` : undefined;
  return (
    <div class={narrow ? "field field-narrow" : "field"}>
      <label class="field-label" for={id}>
        {label}
      </label>
      {children(id, described)}
      {described && (
        <p id={described} class={error ? "field-note field-error" : "field-note"}>
          {error ?? note}
        </p>
      )}
    </div>
  );
}

interface TextFieldProps {
  readonly label: string;
  readonly value: string;
  readonly onInput: (value: string) => void;
  readonly note?: string | undefined;
  readonly error?: string | undefined;
  readonly type?: "text" | "password";
  readonly autocomplete?: JSX.InputHTMLAttributes<HTMLInputElement>["autocomplete"];
  readonly placeholder?: string;
  readonly required?: boolean;
  readonly maxLength?: number;
  readonly focused?: boolean;
}

/** A line of text. */
export function TextField(props: TextFieldProps) {
  return (
    <Field label={props.label} note={props.note} error={props.error}>
      {(id, described) => (
        <input
          id={id}
          class="input"
          type={props.type ?? "text"}
          value={props.value}
          aria-describedby={described}
          aria-invalid={props.error ? true : undefined}
          autocomplete={props.autocomplete ?? "off"}
          placeholder={props.placeholder}
          required={props.required}
          maxLength={props.maxLength}
          autofocus={props.focused}
          onInput={(event) => props.onInput(event.currentTarget.value)}
        />
      )}
    </Field>
  );
}
