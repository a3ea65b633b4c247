import { useEffect, useRef } from "preact/hooks";
import type { Label, LabelClass } from "../../api/client";
import { areaWords } from "../../state/words";
import { Icon } from "../controls/Icon";
import { Swatch } from "../controls/Swatch";

interface Props {
  readonly labels: readonly Label[];
  readonly current: string | null;
  readonly classOf: (uid: string) => LabelClass | undefined;
  readonly onOpen: (uid: string) => void;
}

/** The labels that fit the filters, one line each. */
export function ReviewQueue({ labels, current, classOf, onOpen }: Props) {
  const list = useRef<HTMLUListElement>(null);
  useEffect(() => {
    if (current === null) return;
    list.current?.querySelector("[aria-current=true]")?.scrollIntoView({ block: "nearest" });
  }, [current]);
  return (
    <ul ref={list}>
      {labels.map((label) => {
        const labelClass = classOf(label.label_class);
        return (
          <li key={label.uid}>
            <button
              type="button"
              class="row-button queue-row"
              aria-current={label.uid === current}
              onClick={() => onOpen(label.uid)}
            >
              {labelClass && <Swatch colour={labelClass.colour} pattern={labelClass.pattern} />}
              <strong>#{label.number}</strong>
              <span class="truncate">
                {labelClass?.name}
                {label.certainty === "possible" && " ?"}
              </span>
              <span class="queue-area">{areaWords(label.area_m2)}</span>
              <StateIcon label={label} />
            </button>
          </li>
        );
      })}
    </ul>
  );
}

function StateIcon({ label }: { readonly label: Label }) {
  if (label.review_state === "unreviewed") return null;
  const accepted = label.review_state === "accepted";
  return (
    <span class={accepted ? "state-word state-accepted" : "state-word state-returned"}>
      <Icon name={accepted ? "check" : "warning"} small />
      <span class="visually-hidden">{accepted ? "accepted" : "returned"}</span>
    </span>
  );
}
