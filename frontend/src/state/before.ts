/** How the label under review was before its outline was changed, shown while Y is held. */

import { computed, signal } from "@preact/signals";
import type { Before } from "../api/client";
import { reviewed } from "./review";

interface Known {
  readonly label: string;
  /** Null: its outline was never changed. */
  readonly before: Before | null;
}

const fetched = signal<Known | null>(null);
const held = signal(false);

/** Null while it is fetched; what is known of another label than the open one does not count. */
const known = computed(() =>
  fetched.value !== null && fetched.value.label === reviewed.value?.uid ? fetched.value : null,
);

/** What the map shows in place of the label's outline; null while it shows that. */
export const shownBefore = computed<Before | null>(() =>
  held.value ? (known.value?.before ?? null) : null,
);

/** The label whose outline steps back meanwhile. */
export const compared = computed(() =>
  shownBefore.value === null ? null : (known.value?.label ?? null),
);

/** Why it cannot be shown; null where it can, or will be as soon as it is here. */
export const beforeHindrance = computed<string | null>(() => {
  if (reviewed.value === null) return "No label is open.";
  const never = known.value !== null && known.value.before === null;
  return never ? "This outline was never changed." : null;
});

export function setBefore(label: string, before: Before | null): void {
  fetched.value = { label, before };
}

export function forgetBefore(): void {
  fetched.value = null;
  held.value = false;
}

export function showBefore(wanted: boolean): void {
  held.value = wanted;
}
