import type { EditRow, Label, LabelClass, Overlap } from "../../api/client";
import { areaWords, countWords } from "../../state/words";
import { IconButton } from "../controls/Button";
import { ReviewSign } from "../controls/ReviewSign";
import { Swatch } from "../controls/Swatch";
import { Comment } from "../label/Comment";
import { HistoryList } from "../label/HistoryList";
import { OverlapFact } from "../label/OverlapFact";
import { when } from "../words";

interface Props {
  readonly label: Label;
  readonly labelClass: LabelClass | null;
  readonly layerName: string;
  readonly history: readonly EditRow[] | null;
  readonly overlaps: readonly Overlap[] | null;
  readonly now: Date;
  readonly areaUnit: "metric" | "acres";
  /** How it was before its outline was changed. */
  readonly before: {
    readonly shown: boolean;
    /** Why that cannot be shown; null where it can. */
    readonly hindrance: string | null;
    readonly onShow: (wanted: boolean) => void;
  };
  readonly onShow: () => void;
}

/** What a reviewer needs to know of a label. */
export function ReviewFacts(props: Props) {
  const { label, labelClass, layerName, history, before, now } = props;
  return (
    <>
      <div class="panel-head">
        <h2>#{label.number}</h2>
        <IconButton
          icon="before"
          name="The outline before"
          shortcut="Y"
          tip="start-below"
          pressed={before.shown}
          reason={before.hindrance ?? undefined}
          onClick={() => before.onShow(!before.shown)}
        />
        <IconButton icon="pin" name="Show on the map" tip="start-below" onClick={props.onShow} />
      </div>
      <div class="panel-body">
        <div class="panel-part">
          <p class="review-class">
            {labelClass && <Swatch colour={labelClass.colour} pattern={labelClass.pattern} />}
            <strong>{labelClass?.name}</strong>
            {label.certainty === "possible" && <span class="draft-chip">possible</span>}
          </p>
          <dl class="facts">
            <dt>Area</dt>
            <dd>{areaWords(label.area_m2, props.areaUnit)}</dd>
            <OverlapFact
              label={label}
              overlaps={props.overlaps}
              areaUnit={props.areaUnit}
              onCut={null}
            />
            <dt>State</dt>
            <dd>
              <ReviewSign state={label.review_state} />
            </dd>
            <dt>By</dt>
            <dd>{label.created_by.display_name || label.created_by.username}</dd>
            <dt>Made</dt>
            <dd>{when(label.created_at, now)}</dd>
            <dt>Revision</dt>
            <dd>{label.revision}</dd>
            <dt>Origin</dt>
            <dd>{label.clicks === null ? "drawn" : countWords(label.clicks, "click", "clicks")}</dd>
            <dt>Layer</dt>
            <dd>{layerName}</dd>
          </dl>
          {label.note !== "" && <p>{label.note}</p>}
        </div>
        {label.review_comment !== "" && (
          <div class="panel-part">
            <Comment label={label} now={now} />
          </div>
        )}
        <section class="panel-part" aria-label="History">
          <h3>History</h3>
          <HistoryList rows={history} now={now} />
        </section>
      </div>
    </>
  );
}
