import type { Upload } from "../../state/uploads";
import { byteWords } from "../../state/words";
import { IconButton } from "../controls/Button";
import { duration, percent } from "../words";

interface Props {
  readonly upload: Upload;
  /** Milliseconds of the clock that `startedAt` was read from. */
  readonly now: number;
  readonly onPause: (id: string) => void;
  readonly onResume: (id: string) => void;
  readonly onCancel: (id: string) => void;
}

/** Files on their way to the server: bytes, rate, time left, and how to stop and go on. */
export function UploadRow({ upload, now, onPause, onResume, onCancel }: Props) {
  const { id, names, sent, total, state } = upload;
  const name = names.join(", ");
  const stands = state === "paused" || state === "failed";
  return (
    <li class={state === "failed" ? "image-row image-row-refused" : "image-row"}>
      <div class="image-line">
        <span class="image-name truncate" title={name}>
          {name}
        </span>
        {state !== "done" && (
          <>
            <IconButton
              icon={stands ? "play" : "pause"}
              name={stands ? `Resume ${name}` : `Pause ${name}`}
              small
              tip="start-below"
              onClick={() => (stands ? onResume(id) : onPause(id))}
            />
            <IconButton
              icon="close"
              name={`Cancel ${name}`}
              small
              tip="start-below"
              onClick={() => onCancel(id)}
            />
          </>
        )}
      </div>
      <progress class="progress" value={sent} max={Math.max(total, 1)} aria-label={name} />
      <div class="image-stage">
        <span>
          {byteWords(sent)} of {byteWords(total)}
        </span>
        <span>{stateWords(upload, now)}</span>
      </div>
      {state === "failed" && <p>{upload.failure}</p>}
    </li>
  );
}

function stateWords(upload: Upload, now: number): string {
  const { state, sent, total } = upload;
  if (state === "queued") return "Waits for its turn";
  if (state === "paused") return `Paused at ${percent(total === 0 ? 0 : sent / total)}`;
  if (state === "lost") return "No connection: it goes on by itself";
  if (state === "done") return "Uploaded";
  if (state === "failed") return "Stopped";
  return leftWords(upload, now);
}

/** Rate and time left; nothing in the first second, when both would be guesses. */
function leftWords({ sent, total, startedAt, startedWith }: Upload, now: number): string {
  const seconds = (now - startedAt) / 1000;
  const moved = sent - startedWith;
  if (seconds < 1 || moved <= 0) return percent(total === 0 ? 0 : sent / total);
  const rate = moved / seconds;
  return `${byteWords(rate)}/s, ${duration((total - sent) / rate)} left`;
}
