import type { Label, LabelClass } from "../../api/client";
import { Icon } from "../controls/Icon";

interface Props {
  readonly labels: readonly Label[];
  readonly classOf: (uid: string) => LabelClass | undefined;
  readonly onOpen: (label: Label) => void;
}

/** What came back to this person from review, each with the comment. */
export function ReturnedList({ labels, classOf, onOpen }: Props) {
  if (labels.length === 0) return null;
  return (
    <section class="panel-part" aria-label="Returned to you">
      <h3 class="returned-title">
        <Icon name="returned" small />
        Returned to you: {labels.length}
      </h3>
      <ul class="returned-list">
        {labels.map((label) => (
          <li key={label.uid}>
            <button type="button" class="row-button returned-row" onClick={() => onOpen(label)}>
              <span>
                <strong>#{label.number}</strong> {classOf(label.label_class)?.name}
              </span>
              {label.review_comment !== "" && <span class="quiet">{label.review_comment}</span>}
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
