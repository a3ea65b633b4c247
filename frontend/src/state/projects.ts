import { computed, signal } from "@preact/signals";
import type { ProjectRow } from "../api/client";

const rows = signal<readonly ProjectRow[] | null>(null);

/** The person's projects; null until they were fetched. */
export const projects = computed(() => rows.value);

export function setProjects(value: readonly ProjectRow[]): void {
  rows.value = value;
}
