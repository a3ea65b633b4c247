import { useState } from "preact/hooks";
import type { ProjectSettings } from "../../api/client";
import { Button } from "../controls/Button";
import { Field, TextField } from "../controls/Field";
import { Segmented } from "../controls/Segmented";
import { OverlapsField } from "./OverlapsField";
import { TypicalObjectField } from "./TypicalObjectField";

interface Props {
  readonly settings: ProjectSettings;
  /** Typical length of the objects that are labelled already; null while they are too few. */
  readonly measuredM: number | null;
  readonly failure: string | null;
  readonly onSave: (settings: ProjectSettings) => void;
  readonly onCancel: () => void;
}

const PARTS = [
  { value: "clicked", words: "Only what I clicked" },
  { value: "all", words: "All that was found" },
] as const;

/** Name, rules for outlines, and who may do more than their role says. */
export function SettingsForm({ settings, measuredM, failure, onSave, onCancel }: Props) {
  const [wanted, setWanted] = useState(settings);
  const set = (change: Partial<ProjectSettings>) => setWanted({ ...wanted, ...change });
  return (
    <form
      class="answers"
      onSubmit={(event) => {
        event.preventDefault();
        onSave(wanted);
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
        onInput={(name) => set({ name })}
        maxLength={120}
        required
      />
      <TextField
        label="Description"
        value={wanted.description ?? ""}
        onInput={(description) => set({ description })}
        maxLength={2000}
      />
      <div class="field">
        <span class="field-label">An outline of several parts keeps</span>
        <Segmented
          legend="Parts to keep"
          options={PARTS}
          value={wanted.keep_parts}
          onChange={(keep_parts) => set({ keep_parts })}
        />
      </div>
      <div class="form-three">
        <NumberField
          label="Smallest part, m²"
          value={wanted.min_part_m2}
          onValue={(min_part_m2) => set({ min_part_m2 })}
        />
        <NumberField
          label="Smallest hole, m²"
          value={wanted.min_hole_m2}
          onValue={(min_hole_m2) => set({ min_hole_m2 })}
        />
        <NumberField
          label="Smoothing, pixels"
          value={wanted.simplify_px}
          max={5}
          onValue={(simplify_px) => set({ simplify_px })}
        />
      </div>
      <OverlapsField value={wanted.overlaps} onValue={(overlaps) => set({ overlaps })} />
      <TypicalObjectField
        valueM={wanted.typical_object_m}
        measuredM={measuredM}
        onValue={(typical_object_m) => set({ typical_object_m })}
      />
      <label class="check">
        <input
          type="checkbox"
          checked={wanted.own_review_allowed}
          onChange={(event) => set({ own_review_allowed: event.currentTarget.checked })}
        />
        Managers may accept their own labels
      </label>
      <label class="check">
        <input
          type="checkbox"
          checked={wanted.viewers_may_export}
          onChange={(event) => set({ viewers_may_export: event.currentTarget.checked })}
        />
        Viewers may export
      </label>
      <div class="form-acts">
        <Button onClick={onCancel}>Cancel</Button>
        <Button look="primary" submit disabled={wanted.name.trim() === ""}>
          Save settings
        </Button>
      </div>
    </form>
  );
}

interface NumberProps {
  readonly label: string;
  readonly value: number;
  readonly max?: number;
  readonly onValue: (value: number) => void;
}

function NumberField({ label, value, max, onValue }: NumberProps) {
  return (
    <Field label={label}>
      {(id) => (
        <input
          id={id}
          class="input number"
          type="number"
          min={0}
          max={max}
          step="any"
          required
          value={value}
          onInput={(event) => {
            const typed = event.currentTarget.valueAsNumber;
            if (Number.isFinite(typed)) onValue(typed);
          }}
        />
      )}
    </Field>
  );
}
