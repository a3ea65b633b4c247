import { useState } from "preact/hooks";
import type { LabelClass, NewLabelClass } from "../../api/client";
import { Button } from "../controls/Button";
import { Field, TextField } from "../controls/Field";
import { Segmented } from "../controls/Segmented";
import { Select } from "../controls/Select";
import { ColourChoice } from "./ColourChoice";
import { codeFrom, newClass } from "./newClass";

interface Props {
  /** Null for a new one. */
  readonly labelClass: LabelClass | null;
  readonly taken: readonly LabelClass[];
  readonly failure: string | null;
  readonly onSave: (wanted: NewLabelClass) => void;
  readonly onCancel: () => void;
}

const PATTERNS = [
  { value: "plain", words: "Plain" },
  { value: "hatch", words: "Hatch" },
  { value: "dots", words: "Dots" },
] as const;

const KEYS = ["", "1", "2", "3", "4", "5", "6", "7", "8", "9"].map((value) => ({
  value,
  words: value || "None",
}));

/** All of a class. Its code stays for good once labels carry it, so it is only asked for a new one. */
export function ClassForm({ labelClass, taken, failure, onSave, onCancel }: Props) {
  const [wanted, setWanted] = useState<NewLabelClass>(() => labelClass ?? newClass(taken));
  const set = (change: Partial<NewLabelClass>) => setWanted({ ...wanted, ...change });
  const rename = (name: string) =>
    set(labelClass === null ? { name, code: codeFrom(name) } : { name });
  return (
    <form
      class="answers"
      onSubmit={(event) => {
        event.preventDefault();
        const { code, name, colour, pattern, description, key, retired } = wanted;
        onSave({
          code,
          name: name.trim(),
          colour,
          pattern,
          description,
          key: key ?? null,
          retired,
        });
      }}
    >
      {failure && (
        <p class="notice notice-bad" role="alert">
          {failure}
        </p>
      )}
      <TextField
        label="Name"
        value={wanted.name}
        onInput={rename}
        maxLength={80}
        required
        focused
      />
      {labelClass === null && (
        <TextField
          label="Code"
          value={wanted.code}
          onInput={(code) => set({ code: code.toUpperCase() })}
          note="What a shapefile shows: up to 10 capitals, digits and underscores. It stays for good."
          maxLength={10}
          required
        />
      )}
      <ColourChoice
        value={wanted.colour}
        pattern={wanted.pattern ?? "plain"}
        onChange={(colour) => set({ colour })}
      />
      <div class="form-two">
        <div class="field">
          <span class="field-label">Pattern</span>
          <Segmented
            legend="Pattern"
            options={PATTERNS}
            value={wanted.pattern ?? "plain"}
            onChange={(pattern) => set({ pattern })}
          />
        </div>
        <Field label="Key">
          {(id) => (
            <Select
              id={id}
              options={KEYS}
              value={`${wanted.key ?? ""}`}
              onChange={(key) => set({ key: Number(key) || null })}
            />
          )}
        </Field>
      </div>
      <Field label="Description" note="What it is, and what it is confused with.">
        {(id) => (
          <textarea
            id={id}
            class="textarea"
            maxLength={2000}
            value={wanted.description}
            onInput={(event) => set({ description: event.currentTarget.value })}
          />
        )}
      </Field>
      {labelClass !== null && (
        <label class="check">
          <input
            type="checkbox"
            checked={wanted.retired ?? false}
            onChange={(event) => set({ retired: event.currentTarget.checked })}
          />
          Retired: old labels stay, no new ones
        </label>
      )}
      <div class="form-acts">
        <Button onClick={onCancel}>Back</Button>
        <Button look="primary" submit disabled={wanted.name.trim() === ""}>
          Save class
        </Button>
      </div>
    </form>
  );
}
