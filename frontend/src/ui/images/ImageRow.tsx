import type { Image } from "../../api/client";
import { byteWords } from "../../state/words";
import { IconButton } from "../controls/Button";
import { Icon } from "../controls/Icon";
import { percent } from "../words";
import { ImageQuestions } from "./ImageQuestions";

interface Props {
  readonly image: Image;
  /** Refused files and open questions can be put away by who may. */
  readonly mayDismiss: boolean;
  readonly mayAnswer: boolean;
  readonly onAnswer: (image: string, answers: Readonly<Record<string, string>>) => void;
  readonly onDismiss: (image: string) => void;
  /** Asks before an image that is shown is removed. */
  readonly onRemove: (image: Image) => void;
}

const STATES = {
  checking: "Checking",
  question: "A question",
  importing: "Importing",
  refused: "Not taken",
} as const;

const CLASSES = {
  checking: "image-row",
  question: "image-row image-row-asks",
  importing: "image-row",
  ready: "image-row",
  refused: "image-row image-row-refused",
} as const;

/** One file on its way to being shown. */
export function ImageRow(props: Props) {
  const { image, mayDismiss, mayAnswer, onAnswer, onDismiss, onRemove } = props;
  const running = image.state === "checking" || image.state === "importing";
  const asks = image.state === "question" && mayAnswer;
  const closable = image.state === "question" || image.state === "refused";
  return (
    <li class={CLASSES[image.state]}>
      <div class="image-line">
        <span class="image-name truncate" title={image.name}>
          {image.name}
        </span>
        <span class="quiet image-size">{byteWords(image.size_bytes)}</span>
        {image.state === "ready" && (
          <span class="state-word state-accepted">
            <Icon name="check" small />
            <span class="visually-hidden">ready</span>
          </span>
        )}
        {image.state === "ready" && mayDismiss && (
          <IconButton
            icon="trash"
            name={`Remove ${image.name}`}
            small
            tip="start-below"
            onClick={() => onRemove(image)}
          />
        )}
        {closable && mayDismiss && (
          <IconButton
            icon="close"
            name={`Dismiss ${image.name}`}
            small
            tip="start-below"
            onClick={() => onDismiss(image.uid)}
          />
        )}
      </div>
      {running && (
        <progress class="progress" value={image.progress} max={1} aria-label={image.name} />
      )}
      {image.state !== "ready" && (
        <div class="image-stage">
          <span>{(running && image.stage) || STATES[image.state]}</span>
          {running && <span>{percent(image.progress)}</span>}
        </div>
      )}
      {image.sentence !== "" && !asks && (
        <p class={image.state === "ready" ? "field-note" : undefined}>{image.sentence}</p>
      )}
      {asks && (
        <ImageQuestions
          questions={image.questions}
          onAnswer={(answers) => onAnswer(image.uid, answers)}
        />
      )}
    </li>
  );
}
