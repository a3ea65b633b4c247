import { computed, signal } from "@preact/signals";
import type { ArchivedProject, ProjectRow } from "../api/client";

const putAway = signal<readonly ArchivedProject[]>([]);
const rows = signal<readonly ProjectRow[] | null>(null);

/** The person's projects; null until they were fetched. */
export const projects = computed(() => rows.value);

export function setProjects(value: readonly ProjectRow[]): void {
  rows.value = value;
}

/** The archived projects that the person may bring back or delete. */
export const archivedProjects = computed(() => putAway.value);

export function setArchivedProjects(value: readonly ArchivedProject[]): void {
  putAway.value = value;
}
