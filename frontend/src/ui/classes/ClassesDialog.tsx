import { useSignal } from "@preact/signals";
import { changeClass, createClass } from "../../actions/manage";
import type { LabelClass, NewLabelClass } from "../../api/client";
import { classes } from "../../state/project";
import { Button } from "../controls/Button";
import { Dialog } from "../controls/Dialog";
import { Swatch } from "../controls/Swatch";
import { reasonOf } from "../reason";
import { ClassForm } from "./ClassForm";

interface Props {
  readonly onClose: () => void;
}

/** The project's classes: the list, or one of them to change. */
export function ClassesDialog({ onClose }: Props) {
  const editing = useSignal<LabelClass | "new" | null>(null);
  const failure = useSignal<string | null>(null);
  const open = (what: LabelClass | "new" | null) => {
    failure.value = null;
    editing.value = what;
  };
  const save = async (wanted: NewLabelClass) => {
    const now = editing.value;
    try {
      if (now === "new") await createClass(wanted);
      else if (now !== null) await changeClass(now.uid, wanted);
      open(null);
    } catch (error) {
      failure.value = reasonOf(error);
    }
  };

  if (editing.value !== null) {
    const labelClass = editing.value === "new" ? null : editing.value;
    return (
      <Dialog key="form" title={labelClass?.name ?? "New class"} onClose={onClose}>
        <ClassForm
          labelClass={labelClass}
          taken={classes.value}
          failure={failure.value}
          onSave={(wanted) => void save(wanted)}
          onCancel={() => open(null)}
        />
      </Dialog>
    );
  }
  return (
    <Dialog
      key="list"
      title="Classes"
      onClose={onClose}
      foot={
        <Button look="primary" icon="plus" onClick={() => open("new")}>
          New class
        </Button>
      }
    >
      {classes.value.length === 0 && <p class="quiet">This project has no classes yet.</p>}
      <ul class="class-cards">
        {classes.value.map((one) => (
          <li key={one.uid}>
            <button type="button" class="row-button class-card" onClick={() => open(one)}>
              <Swatch colour={one.colour} pattern={one.pattern} />
              <span class="truncate class-name">{one.name}</span>
              {one.retired && <span class="quiet">retired</span>}
              <span class="quiet">{one.code}</span>
              {one.key !== null && <kbd class="class-key">{one.key}</kbd>}
            </button>
          </li>
        ))}
      </ul>
    </Dialog>
  );
}
