import type { Job } from "../../api/client";
import { IconButton } from "../controls/Button";
import { Icon } from "../controls/Icon";
import { percent, when } from "../words";

interface Props {
  readonly job: Job;
  readonly now: Date;
  /** Address of the summary as CSV. */
  readonly summary: string;
  readonly onCancel: (job: string) => void;
}

const STATES = {
  queued: "Waiting",
  running: "Writing",
  done: "Ready",
  failed: "Failed",
  cancelled: "Cancelled",
} as const;

/** One export: how far it is, then its files. */
export function ExportJob({ job, now, summary, onCancel }: Props) {
  const running = job.state === "queued" || job.state === "running";
  return (
    <li class={job.state === "failed" ? "image-row image-row-refused" : "image-row"}>
      <div class="image-line">
        <span class="image-name truncate">{job.subject || "Export"}</span>
        <time class="quiet" dateTime={job.created_at}>
          {when(job.created_at, now)}
        </time>
        {running && (
          <IconButton
            icon="close"
            name="Cancel this export"
            small
            tip="start-below"
            onClick={() => onCancel(job.uid)}
          />
        )}
      </div>
      {running && (
        <progress class="progress" value={job.progress} max={1} aria-label="Export progress" />
      )}
      {running && (
        <div class="image-stage">
          <span>{job.stage || STATES[job.state]}</span>
          <span>{percent(job.progress)}</span>
        </div>
      )}
      {!running && <p>{job.sentence || STATES[job.state]}</p>}
      {job.download !== null && (
        <p class="export-files">
          <a class="button" href={job.download} download>
            <Icon name="download" />
            Download
          </a>
          <a class="button button-quiet" href={summary} download>
            Summary (CSV)
          </a>
        </p>
      )}
    </li>
  );
}
