import type { LabelClass } from "../../api/client";
import { areaWords, countWords } from "../../state/words";
import { IconButton } from "../controls/Button";
import { Swatch } from "../controls/Swatch";

export interface ClassFigures {
  readonly labels: number;
  readonly areaM2: number;
}

interface Props {
  readonly labelClass: LabelClass;
  readonly figures: ClassFigures | undefined;
  readonly current: boolean;
  readonly visible: boolean;
  readonly onChoose: (uid: string) => void;
  readonly onToggle: (uid: string) => void;
}

/** A class: swatch, name, count and area, key, eye. A click makes it the class of what comes next. */
export function ClassRow({ labelClass, figures, current, visible, onChoose, onToggle }: Props) {
  const { uid, name, colour, pattern, key, description } = labelClass;
  return (
    <li class="class-item">
      <button
        type="button"
        class={visible ? "class-row" : "class-row faded"}
        aria-current={current}
        aria-keyshortcuts={key === null ? undefined : `${key}`}
        title={description === "" ? name : `${name}: ${description}`}
        onClick={() => onChoose(uid)}
      >
        <Swatch colour={colour} pattern={pattern} />
        <span class="class-name">
          <span class="truncate">{name}</span>
          {figures !== undefined && figures.labels > 0 && (
            <span class="class-figures">
              {`${areaWords(figures.areaM2)}, ${countWords(figures.labels, "label", "labels")}`}
            </span>
          )}
        </span>
        {key !== null && <kbd class="class-key">{key}</kbd>}
      </button>
      <IconButton
        icon={visible ? "eye" : "eyeOff"}
        name={visible ? `Hide ${name}` : `Show ${name}`}
        small
        tip="start-below"
        onClick={() => onToggle(uid)}
      />
    </li>
  );
}
