import { computed, signal } from "@preact/signals";
import type { Label, ReviewState } from "../api/client";
import { labels } from "./labels";
import { me } from "./session";

export interface ReviewFilters {
  readonly state: ReviewState;
  readonly labelClass: string | null;
  readonly author: string | null;
  readonly certainty: "sure" | "possible" | null;
  /** Only labels of more than 20 clicks. */
  readonly manyClicks: boolean;
  /** Only returned labels of mine. */
  readonly mine: boolean;
  readonly order: "number" | "area";
}

export const NO_FILTERS: ReviewFilters = {
  state: "unreviewed",
  labelClass: null,
  author: null,
  certainty: null,
  manyClicks: false,
  mine: false,
  order: "number",
};

export const RETURN_REASONS = [
  "The border is off.",
  "The class is wrong.",
  "A part is missing.",
  "There is too much in it.",
  "This cannot be judged from the image.",
] as const;

const MANY_CLICKS = 20;

const wanted = signal<ReviewFilters>(NO_FILTERS);
const fetched = signal<readonly string[] | null>(null);
const currentUid = signal<string | null>(null);
const truncated = signal(false);

export const reviewFilters = computed(() => wanted.value);
export const reviewTruncated = computed(() => truncated.value);

function fits(label: Label, filters: ReviewFilters): boolean {
  return (
    label.review_state === filters.state &&
    (filters.labelClass === null || label.label_class === filters.labelClass) &&
    (filters.author === null || label.created_by.uid === filters.author) &&
    (filters.certainty === null || label.certainty === filters.certainty) &&
    (!filters.manyClicks || (label.clicks ?? 0) > MANY_CLICKS) &&
    (!filters.mine || label.created_by.uid === me.value?.uid)
  );
}

/** Labels that wait, as filtered; null until they were fetched. The open one stays in it. */
export const reviewQueue = computed<readonly Label[] | null>(() => {
  if (fetched.value === null) return null;
  const filters = wanted.value;
  const queue = fetched.value
    .flatMap((uid) => labels.value.get(uid) ?? [])
    .filter((label) => fits(label, filters));
  return queue.sort((a, b) =>
    filters.order === "area" ? b.area_m2 - a.area_m2 : a.number - b.number,
  );
});

/** The label under review. */
export const reviewed = computed<Label | null>(() => {
  const uid = currentUid.value;
  return uid === null ? null : (labels.value.get(uid) ?? null);
});

/** The label `by` places further in the queue; from one that has left it, the next by number. */
export function neighbour(by: 1 | -1): Label | null {
  const queue = reviewQueue.peek() ?? [];
  const now = reviewed.peek();
  if (now === null) return queue[0] ?? null;
  const index = queue.findIndex((label) => label.uid === now.uid);
  if (index >= 0) return queue[index + by] ?? null;
  const byArea = wanted.peek().order === "area";
  const isAfter = (label: Label) =>
    byArea ? label.area_m2 < now.area_m2 : label.number > now.number;
  const after = queue.findIndex(isAfter);
  if (by === 1) return queue[after < 0 ? 0 : after] ?? null;
  return queue[(after < 0 ? queue.length : after) - 1] ?? null;
}

export function setReviewFilters(value: ReviewFilters): void {
  wanted.value = value;
}

export function setReviewFetched(uids: readonly string[] | null, isTruncated = false): void {
  fetched.value = uids;
  truncated.value = isTruncated;
}

export function setReviewed(uid: string | null): void {
  currentUid.value = uid;
}
