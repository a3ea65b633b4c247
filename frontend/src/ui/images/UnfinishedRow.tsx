import type { Unfinished } from "../../state/uploads";
import { byteWords } from "../../state/words";
import { IconButton } from "../controls/Button";
import { percent } from "../words";

interface Props {
  readonly file: Unfinished;
  readonly onCancel: (address: string) => void;
}

/** A file that the server has in part: the browser forgot it when the page was closed. */
export function UnfinishedRow({ file, onCancel }: Props) {
  const { address, name, sent, total } = file;
  return (
    <li class="image-row image-row-asks">
      <div class="image-line">
        <span class="image-name truncate" title={name}>
          {name}
        </span>
        <span class="quiet image-size">{byteWords(total)}</span>
        <IconButton
          icon="close"
          name={`Cancel ${name}`}
          small
          tip="start-below"
          onClick={() => onCancel(address)}
        />
      </div>
      <progress class="progress" value={sent} max={Math.max(total, 1)} aria-label={name} />
      <p>Choose the same file to go on at {percent(total === 0 ? 1 : sent / total)}.</p>
    </li>
  );
}
