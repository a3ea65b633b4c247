import type { LabelClass, Member, ReviewState } from "../../api/client";
import { NO_FILTERS, type ReviewFilters } from "../../state/review";
import { Select } from "../controls/Select";

interface Props {
  readonly filters: ReviewFilters;
  readonly classes: readonly LabelClass[];
  readonly members: readonly Member[];
  readonly onFilters: (filters: ReviewFilters) => void;
}

const STATES: readonly { readonly value: ReviewState; readonly words: string }[] = [
  { value: "unreviewed", words: "Waiting for review" },
  { value: "returned", words: "Returned" },
  { value: "accepted", words: "Accepted" },
];

/** What the queue shows: state, class, person. */
export function ReviewFilterForm({ filters, classes, members, onFilters }: Props) {
  const filtered = filters.labelClass !== null || filters.author !== null || filters.manyClicks;
  return (
    <div class="review-filters">
      <Select
        name="State"
        options={STATES}
        value={filters.state}
        onChange={(state) => onFilters({ ...filters, state })}
      />
      <Select
        name="Class"
        options={[
          { value: "", words: "All classes" },
          ...classes.map((one) => ({ value: one.uid, words: one.name })),
        ]}
        value={filters.labelClass ?? ""}
        onChange={(labelClass) => onFilters({ ...filters, labelClass: labelClass || null })}
      />
      <Select
        name="Person"
        options={[
          { value: "", words: "Everybody" },
          ...members.map(({ user }) => ({
            value: user.uid,
            words: user.display_name || user.username,
          })),
        ]}
        value={filters.author ?? ""}
        onChange={(author) => onFilters({ ...filters, author: author || null })}
      />
      <label class="check">
        <input
          type="checkbox"
          checked={filters.manyClicks}
          onChange={(event) => onFilters({ ...filters, manyClicks: event.currentTarget.checked })}
        />
        More than 20 clicks
      </label>
      {filtered && (
        <button
          type="button"
          class="link-button"
          onClick={() => onFilters({ ...NO_FILTERS, state: filters.state })}
        >
          Clear filters
        </button>
      )}
    </div>
  );
}
