import { computed, signal } from "@preact/signals";
import type { Label, NewEdit } from "../api/client";
import { afterEdit, labels } from "./labels";

interface Conflict {
  readonly sentence: string;
  readonly theirs: Label;
  /** This page's edit, made anew against their revision; null where that makes no sense. */
  readonly mine: NewEdit | null;
}

const open = signal<Conflict | null>(null);

/** Two people changed one label: both versions, until the person says which is to stay. */
export const conflict = computed(() => {
  const value = open.value;
  if (value === null) return null;
  const theirs = labels.value.get(value.theirs.uid) ?? value.theirs;
  return { ...value, theirs, yours: value.mine === null ? null : afterEdit(theirs, value.mine) };
});

export function setConflict(value: Conflict | null): void {
  open.value = value;
}
