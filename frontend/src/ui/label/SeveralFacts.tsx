import type { Label, LabelClass } from "../../api/client";
import { areaWords, countWords } from "../../state/words";
import { Button, IconButton } from "../controls/Button";
import { ClassMenu } from "../controls/ClassMenu";

interface Props {
  readonly labels: readonly Label[];
  readonly classes: readonly LabelClass[];
  readonly areaUnit: "metric" | "acres";
  readonly locked: string | null;
  readonly onClass: (uid: string) => void;
  /** Why they cannot be merged; null when they can. */
  readonly unmergeable: string | null;
  readonly onMerge: () => void;
  readonly onDelete: () => void;
  readonly onClose: () => void;
}

/** Several selected labels: what they have in common, and what can be done to all at once. */
export function SeveralFacts(props: Props) {
  const { labels, classes, locked } = props;
  const first = labels[0]?.label_class;
  const same = labels.every((label) => label.label_class === first);
  const areaM2 = labels.reduce((sum, label) => sum + label.area_m2, 0);
  return (
    <>
      <div class="panel-head">
        <h2>{countWords(labels.length, "label", "labels")}</h2>
        <IconButton icon="close" name="Deselect" tip="start-below" onClick={props.onClose} />
      </div>
      <div class="panel-body">
        {locked !== null && <p class="notice facts-locked">{locked}</p>}
        <div class="panel-part">
          {locked === null && (
            <ClassMenu
              class="button facts-class"
              classes={classes}
              current={same ? (classes.find((one) => one.uid === first) ?? null) : null}
              name="Class of all"
              onChoose={props.onClass}
            />
          )}
          <dl class="facts">
            <dt>Area</dt>
            <dd>{areaWords(areaM2, props.areaUnit)}</dd>
          </dl>
        </div>
      </div>
      {locked === null && (
        <div class="facts-acts">
          <Button
            icon="merge"
            shortcut="M"
            disabled={props.unmergeable !== null}
            title={props.unmergeable ?? undefined}
            onClick={props.onMerge}
          >
            Merge
          </Button>
          <Button look="danger" icon="trash" onClick={props.onDelete}>
            Delete {countWords(labels.length, "label", "labels")}
          </Button>
        </div>
      )}
    </>
  );
}
