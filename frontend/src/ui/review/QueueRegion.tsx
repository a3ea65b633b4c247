import { useEffect } from "preact/hooks";
import { loadReviewQueue, openReviewed } from "../../actions/review";
import { preferences, setPreference } from "../../state/preferences";
import { classByUid, classes, members, project, summary } from "../../state/project";
import {
  NO_FILTERS,
  type ReviewFilters,
  reviewed,
  reviewFilters,
  reviewQueue,
  reviewTruncated,
  setReviewFilters,
} from "../../state/review";
import { countWords } from "../../state/words";
import { ReviewFilterForm } from "./ReviewFilterForm";
import { ReviewQueue } from "./ReviewQueue";

/** The queue on the open project. */
export function QueueRegion() {
  const queue = reviewQueue.value;
  const filters = reviewFilters.value;
  const uid = project.value?.uid;
  useEffect(() => {
    if (uid !== undefined) void loadReviewQueue();
  }, [uid, filters.state]);
  return (
    <>
      <div class="panel-head">
        <h2>{queue === null ? "Review" : countWords(queue.length, "label", "labels")}</h2>
      </div>
      <ReviewFilterForm
        filters={filters}
        classes={classes.value}
        members={members.value}
        onFilters={setReviewFilters}
      />
      <div class="panel-body">
        {queue !== null && queue.length > 0 && (
          <ReviewQueue
            labels={queue}
            current={reviewed.value?.uid ?? null}
            classOf={(one) => classByUid.value.get(one)}
            onOpen={openReviewed}
          />
        )}
        {queue?.length === 0 && <EmptyQueue filters={filters} />}
        {reviewTruncated.value && (
          <p class="panel-part quiet">There are more. They come as these are decided.</p>
        )}
      </div>
      <Switches />
    </>
  );
}

function EmptyQueue({ filters }: { readonly filters: ReviewFilters }) {
  const filtered =
    filters.labelClass !== null ||
    filters.author !== null ||
    filters.certainty !== null ||
    filters.manyClicks;
  if (filtered) {
    return (
      <p class="panel-part">
        No label fits these filters.
        <button
          type="button"
          class="link-button"
          onClick={() => setReviewFilters({ ...NO_FILTERS, state: filters.state })}
        >
          Clear filters
        </button>
      </p>
    );
  }
  const returned = summary.value?.returned ?? 0;
  if (filters.state === "accepted") return <p class="panel-part">No label is accepted yet.</p>;
  if (filters.state === "returned") return <p class="panel-part">No label is out for mending.</p>;
  return (
    <p class="panel-part">
      Nothing waits for review.
      {returned > 0 &&
        ` ${countWords(returned, "label was", "labels were")} returned and ${
          returned === 1 ? "is" : "are"
        } not back yet.`}
    </p>
  );
}

function Switches() {
  const { stayInReview, nextAfterDecision } = preferences.value;
  return (
    <div class="panel-switches">
      <label class="check">
        <input
          type="checkbox"
          checked={nextAfterDecision}
          onChange={(event) => setPreference("nextAfterDecision", event.currentTarget.checked)}
        />
        Go to the next after a decision
      </label>
      <label class="check">
        <input
          type="checkbox"
          checked={stayInReview}
          onChange={(event) => setPreference("stayInReview", event.currentTarget.checked)}
        />
        Keep the map where it is
      </label>
    </div>
  );
}
