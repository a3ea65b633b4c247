import { computed, signal } from "@preact/signals";

const notes = signal<ReadonlyMap<string, string>>(new Map());

/** What was typed as the note of a label and the server would not take, by the label's uid. */
export const typedNotes = computed(() => notes.value);

export function keepTypedNote(label: string, text: string): void {
  notes.value = new Map(notes.peek()).set(label, text);
}

export function dropTypedNote(label: string): void {
  const rest = new Map(notes.peek());
  if (rest.delete(label)) notes.value = rest;
}

/** Leaves the project. */
export function clearTypedNotes(): void {
  notes.value = new Map();
}
