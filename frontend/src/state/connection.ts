import { computed, signal } from "@preact/signals";
import type { EngineStatus, LinkState } from "../api/socket";
import { countWords } from "./words";

const link = signal<LinkState>("closed");
const kept = signal(0);
const engineStatus = signal<EngineStatus | null>(null);

/** closed: no project is open. connecting: first try. open. waiting: lost, trying again. */
export const linkState = computed(() => link.value);
/** Changes of this page that the server has not confirmed yet. */
export const keptChanges = computed(() => kept.value);
export const engine = computed(() => engineStatus.value);
export const engineConnected = computed(() => engineStatus.value?.connected ?? false);

/** What stands above the map for as long as it is so; null when all is well. */
export const banner = computed<string | null>(() => {
  if (link.value === "waiting") {
    return kept.value === 0
      ? "No connection. Trying again."
      : `No connection: ${countWords(kept.value, "change is", "changes are")} kept here and will be sent.`;
  }
  if (link.value === "open" && engineStatus.value?.connected === false) {
    return "The engine is not connected. Go on clicking: clicks run when it is back.";
  }
  return null;
});

export function setLinkState(value: LinkState): void {
  link.value = value;
}

export function setKeptChanges(count: number): void {
  kept.value = count;
}

export function setEngine(value: EngineStatus | null): void {
  engineStatus.value = value;
}
