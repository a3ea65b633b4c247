import type { ExportChoice, ExportPreview, Job } from "../../api/client";
import { Button } from "../controls/Button";
import { Dialog } from "../controls/Dialog";
import { exportSentence } from "../words";
import { ExportJob } from "./ExportJob";
import { ExportRows } from "./ExportRows";

interface Props {
  readonly choice: ExportChoice;
  /** Of the chosen state; null while it is fetched. */
  readonly preview: ExportPreview | null;
  readonly failure: string | null;
  /** This project's exports, newest first. */
  readonly jobs: readonly Job[];
  readonly now: Date;
  readonly summaryOf: (job: string) => string;
  readonly onChoice: (choice: ExportChoice) => void;
  readonly onStart: () => void;
  readonly onCancel: (job: string) => void;
  readonly onClose: () => void;
}

const FORMATS = [
  { value: "gpkg", title: "GeoPackage", words: "One file, with the style for QGIS inside." },
  { value: "shp", title: "Shapefile", words: "A zip. Field names have at most 10 characters." },
] as const;

const STATES = [
  { value: "accepted", title: "Accepted labels", words: "What a manager has accepted." },
  { value: "all", title: "All labels", words: "Also what is not reviewed or was returned." },
] as const;

/** Choose, see what it would hold, start; the files of earlier exports stand below. */
export function ExportDialog(props: Props) {
  const { choice, preview, failure, jobs, onChoice } = props;
  return (
    <Dialog
      title="Export labels"
      onClose={props.onClose}
      foot={
        <Button
          look="primary"
          icon="download"
          disabled={preview === null || preview.labels === 0}
          onClick={props.onStart}
        >
          Export
        </Button>
      }
    >
      <Choices
        legend="Format"
        options={FORMATS}
        value={choice.format}
        onChange={(format) => onChoice({ ...choice, format })}
      />
      <Choices
        legend="Which labels"
        options={STATES}
        value={choice.state}
        onChange={(state) => onChoice({ ...choice, state })}
      />
      {failure && (
        <p class="notice notice-bad" role="alert">
          {failure}
        </p>
      )}
      {preview && (
        <div class="export-preview">
          <p>
            <strong>{exportSentence(preview.labels, preview.area_m2, preview.left_out)}</strong>
          </p>
          <ExportRows rows={preview.rows} />
        </div>
      )}
      {jobs.length > 0 && (
        <section class="choices" aria-label="Exports">
          <h3>Exports</h3>
          <ul class="image-list">
            {jobs.map((job) => (
              <ExportJob
                key={job.uid}
                job={job}
                now={props.now}
                summary={props.summaryOf(job.uid)}
                onCancel={props.onCancel}
              />
            ))}
          </ul>
        </section>
      )}
    </Dialog>
  );
}

interface ChoicesProps<Value extends string> {
  readonly legend: string;
  readonly options: readonly {
    readonly value: Value;
    readonly title: string;
    readonly words: string;
  }[];
  readonly value: Value;
  readonly onChange: (value: Value) => void;
}

function Choices<Value extends string>(props: ChoicesProps<Value>) {
  return (
    <fieldset>
      <legend class="field-label choices-legend">{props.legend}</legend>
      <div class="choices choices-two">
        {props.options.map(({ value, title, words }) => (
          <label key={value} class="choice">
            <input
              type="radio"
              name={props.legend}
              checked={value === props.value}
              onChange={() => props.onChange(value)}
            />
            <span class="choice-words">
              <strong>{title}</strong>
              <span class="quiet">{words}</span>
            </span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}
