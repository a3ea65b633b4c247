import { computed, signal } from "@preact/signals";
import type { Label } from "../api/client";
import { labels } from "./labels";
import { me } from "./session";

const fetched = signal<readonly string[]>([]);

/** My labels that a reviewer sent back, oldest first; a mended one leaves by itself. */
export const returnedToMe = computed<readonly Label[]>(() =>
  fetched.value
    .flatMap((uid) => labels.value.get(uid) ?? [])
    .filter((label) => label.review_state === "returned" && label.created_by.uid === me.value?.uid)
    .sort((a, b) => a.number - b.number),
);

export function setReturnedToMe(uids: readonly string[]): void {
  fetched.value = uids;
}
