import { useId, useState } from "preact/hooks";
import type { NewProject } from "../../api/client";
import { Button } from "../controls/Button";
import { Dialog } from "../controls/Dialog";
import { TextField } from "../controls/Field";
import { Swatch } from "../controls/Swatch";
import { type Template, templates } from "./templates";

interface Props {
  readonly failure: string | null;
  readonly busy: boolean;
  readonly onCreate: (project: NewProject) => void;
  readonly onClose: () => void;
}

/** A name and a set of classes; images come next, on the map. */
export function NewProjectDialog({ failure, busy, onCreate, onClose }: Props) {
  const [name, setName] = useState("");
  const [description, setDescription] = useState("");
  const [template, setTemplate] = useState<Template["id"]>("iceplant");
  const form = useId();
  return (
    <Dialog
      title="New project"
      onClose={onClose}
      foot={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <button
            type="submit"
            form={form}
            class="button button-primary"
            disabled={busy || name.trim() === ""}
          >
            Create project
          </button>
        </>
      }
    >
      <form
        id={form}
        class="answers"
        onSubmit={(event) => {
          event.preventDefault();
          onCreate({ name: name.trim(), description: description.trim(), template });
        }}
      >
        <TextField
          label="Name"
          value={name}
          onInput={setName}
          maxLength={120}
          error={failure ?? undefined}
          required
          focused
        />
        <TextField
          label="Description"
          value={description}
          onInput={setDescription}
          maxLength={2000}
          placeholder="Optional"
        />
        <fieldset class="choices">
          <legend class="field-label">Classes</legend>
          {templates.map((one) => (
            <TemplateChoice
              key={one.id}
              template={one}
              chosen={one.id === template}
              onChoose={() => setTemplate(one.id)}
            />
          ))}
        </fieldset>
      </form>
    </Dialog>
  );
}

interface ChoiceProps {
  readonly template: Template;
  readonly chosen: boolean;
  readonly onChoose: () => void;
}

function TemplateChoice({ template, chosen, onChoose }: ChoiceProps) {
  return (
    <label class="choice">
      <input type="radio" name="template" checked={chosen} onChange={onChoose} />
      <span class="choice-words">
        <strong>{template.title}</strong>
        <span class="quiet">{template.words}</span>
        {template.swatches.length > 0 && (
          <span class="choice-swatches">
            {template.swatches.map(({ colour, pattern }) => (
              <Swatch key={`${colour} ${pattern}`} colour={colour} pattern={pattern} />
            ))}
          </span>
        )}
      </span>
    </label>
  );
}
