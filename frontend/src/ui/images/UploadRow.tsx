import type { Upload } from "../../state/jobs";
import { byteWords } from "../../state/words";
import { IconButton } from "../controls/Button";
import { duration, percent } from "../words";

interface Props {
  readonly upload: Upload;
  /** Milliseconds of the clock that `startedAt` was read from. */
  readonly now: number;
  readonly onDismiss: (id: string) => void;
}

/** Files on their way to the server: bytes, rate, time left. */
export function UploadRow({ upload, now, onDismiss }: Props) {
  const { names, sent, total, failure } = upload;
  const name = names.join(", ");
  return (
    <li class={failure === null ? "image-row" : "image-row image-row-refused"}>
      <div class="image-line">
        <span class="image-name truncate" title={name}>
          {name}
        </span>
        <IconButton
          icon="close"
          name={failure === null ? `Cancel ${name}` : `Dismiss ${name}`}
          small
          tip="start-below"
          onClick={failure === null ? upload.cancel : () => onDismiss(upload.id)}
        />
      </div>
      {failure === null ? (
        <>
          <progress class="progress" value={sent} max={Math.max(total, 1)} aria-label={name} />
          <div class="image-stage">
            <span>
              {byteWords(sent)} of {byteWords(total)}
            </span>
            <span>{leftWords(upload, now)}</span>
          </div>
        </>
      ) : (
        <p>{failure}</p>
      )}
    </li>
  );
}

/** Rate and time left; nothing in the first second, when both would be guesses. */
function leftWords({ sent, total, startedAt }: Upload, now: number): string {
  const seconds = (now - startedAt) / 1000;
  if (seconds < 1 || sent === 0) return percent(total === 0 ? 0 : sent / total);
  const rate = sent / seconds;
  return `${byteWords(rate)}/s, ${duration((total - sent) / rate)} left`;
}
