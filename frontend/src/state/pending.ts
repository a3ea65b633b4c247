import { computed, signal } from "@preact/signals";
import type { Entry } from "../api/outbox";

const entries = signal<readonly Entry[]>([]);

/** What the server has not confirmed: drafts and labels are shown with these applied. */
export const pending = computed(() => entries.value);

export function setPending(value: readonly Entry[]): void {
  entries.value = value;
}
