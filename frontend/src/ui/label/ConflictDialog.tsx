import { keepTheirs, keepYours } from "../../actions/conflict";
import type { Label, LabelClass } from "../../api/client";
import { conflict } from "../../state/conflict";
import { classByUid } from "../../state/project";
import { areaWords } from "../../state/words";
import { Button } from "../controls/Button";
import { Dialog } from "../controls/Dialog";
import { Swatch } from "../controls/Swatch";

/** Two people changed one label: both versions side by side; closing keeps what is saved. */
export function ConflictDialog() {
  const open = conflict.value;
  if (open === null) return null;
  const { sentence, theirs, yours } = open;
  return (
    <Dialog
      title={`Two changes of #${theirs.number}`}
      onClose={keepTheirs}
      foot={
        <>
          <Button onClick={keepTheirs}>Keep theirs</Button>
          <Button look="primary" disabled={yours === null} onClick={keepYours}>
            Keep yours
          </Button>
        </>
      }
    >
      <p>{sentence}</p>
      <div class="versus">
        <Version
          title="Theirs"
          label={theirs}
          labelClass={classByUid.value.get(theirs.label_class)}
        />
        {yours && (
          <Version
            title="Yours"
            label={yours}
            labelClass={classByUid.value.get(yours.label_class)}
          />
        )}
      </div>
    </Dialog>
  );
}

interface VersionProps {
  readonly title: string;
  readonly label: Label;
  readonly labelClass: LabelClass | undefined;
}

function Version({ title, label, labelClass }: VersionProps) {
  return (
    <section class="card" aria-label={title}>
      <h3>{title}</h3>
      {labelClass && (
        <p class="review-class">
          <Swatch colour={labelClass.colour} pattern={labelClass.pattern} />
          {labelClass.name}
        </p>
      )}
      <dl class="facts">
        <dt>Area</dt>
        <dd>{label.deleted ? "deleted" : areaWords(label.area_m2)}</dd>
        <dt>Certainty</dt>
        <dd>{label.certainty}</dd>
        {label.note !== "" && (
          <>
            <dt>Note</dt>
            <dd>{label.note}</dd>
          </>
        )}
      </dl>
    </section>
  );
}
