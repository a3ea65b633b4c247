import { useEffect, useState } from "preact/hooks";
import type { Certainty, EditRow, Label, LabelClass, Overlap } from "../../api/client";
import { areaWords, countWords } from "../../state/words";
import { Button, IconButton } from "../controls/Button";
import { ClassMenu } from "../controls/ClassMenu";
import { Field } from "../controls/Field";
import { ReviewSign } from "../controls/ReviewSign";
import { Segmented } from "../controls/Segmented";
import { when } from "../words";
import { Comment } from "./Comment";
import { HistoryList } from "./HistoryList";
import { OverlapFact } from "./OverlapFact";

interface Props {
  readonly label: Label;
  readonly labelClass: LabelClass | null;
  readonly classes: readonly LabelClass[];
  readonly layerName: string;
  readonly history: readonly EditRow[] | null;
  readonly overlaps: readonly Overlap[] | null;
  /** A sentence that says why this person may not change it; null where they may. */
  readonly locked: string | null;
  readonly now: Date;
  readonly areaUnit: "metric" | "acres";
  /** What was typed as its note and could not be saved. */
  readonly typedNote: string | null;
  readonly onClass: (uid: string) => void;
  readonly onCertainty: (value: Certainty) => void;
  readonly onNote: (value: string) => void;
  readonly onRefine: () => void;
  /** `gives` loses the ground that it shares with `keeps`; both are uids. */
  readonly onCut: (gives: string, keeps: string) => void;
  readonly onShow: () => void;
  readonly onDelete: () => void;
  readonly onClose: () => void;
}

const CERTAINTIES = [
  { value: "sure", words: "Sure" },
  { value: "possible", words: "Possible" },
] as const;

/** All about the selected label. */
export function LabelFacts(props: Props) {
  const { label, labelClass, locked, now } = props;
  return (
    <>
      <div class="panel-head">
        <h2>#{label.number}</h2>
        <IconButton icon="pin" name="Show on the map" tip="start-below" onClick={props.onShow} />
        <IconButton icon="close" name="Deselect" tip="start-below" onClick={props.onClose} />
      </div>
      <div class="panel-body">
        {locked && <p class="notice facts-locked">{locked}</p>}
        {label.review_comment !== "" && (
          <div class="panel-part">
            <Comment label={label} now={now} />
          </div>
        )}
        <div class="panel-part">
          {locked === null ? (
            <>
              <ClassMenu
                class="button facts-class"
                classes={props.classes}
                current={labelClass}
                name="Class"
                onChoose={props.onClass}
              />
              <Segmented
                legend="Certainty"
                options={CERTAINTIES}
                value={label.certainty}
                onChange={props.onCertainty}
              />
              <Note
                key={label.uid}
                note={label.note}
                typed={props.typedNote}
                onNote={props.onNote}
              />
            </>
          ) : (
            label.note !== "" && <p>{label.note}</p>
          )}
        </div>
        <div class="panel-part">
          <dl class="facts">
            <dt>Area</dt>
            <dd>{areaWords(label.area_m2, props.areaUnit)}</dd>
            <OverlapFact
              label={label}
              overlaps={props.overlaps}
              areaUnit={props.areaUnit}
              onCut={locked === null ? props.onCut : null}
            />
            <dt>Review</dt>
            <dd>
              <ReviewSign state={label.review_state} />
            </dd>
            <dt>By</dt>
            <dd>{label.created_by.display_name || label.created_by.username}</dd>
            <dt>Made</dt>
            <dd>{when(label.created_at, now)}</dd>
            <dt>Origin</dt>
            <dd>{label.clicks === null ? "drawn" : countWords(label.clicks, "click", "clicks")}</dd>
            <dt>Layer</dt>
            <dd>{props.layerName}</dd>
          </dl>
        </div>
        <section class="panel-part" aria-label="History">
          <h3>History</h3>
          <HistoryList rows={props.history} now={now} />
        </section>
      </div>
      {locked === null && (
        <div class="facts-acts">
          <Button icon="refine" shortcut="S" onClick={props.onRefine}>
            Refine
          </Button>
          <Button look="danger" icon="trash" onClick={props.onDelete}>
            Delete
          </Button>
        </div>
      )}
    </>
  );
}

interface NoteProps {
  readonly note: string;
  readonly typed: string | null;
  readonly onNote: (value: string) => void;
}

/** Sent when the field is left, so that a note is one edit and not one per letter. */
function Note({ note, typed, onNote }: NoteProps) {
  const known = typed ?? note;
  const [text, setText] = useState(known);
  useEffect(() => setText(known), [known]);
  const unsaved = typed !== null && typed !== note;
  return (
    <Field label="Note" error={unsaved ? "This note is not saved yet." : undefined}>
      {(id, described) => (
        <textarea
          id={id}
          class="textarea"
          aria-describedby={described}
          rows={2}
          maxLength={4000}
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
          onBlur={() => (unsaved || text !== note) && onNote(text)}
        />
      )}
    </Field>
  );
}
