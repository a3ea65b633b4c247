import { computed, signal } from "@preact/signals";

/** Something that I did and can take back. */
export type Deed =
  | {
      readonly kind: "edit";
      readonly edit: string;
      readonly words: string;
      /** The draft that this edit saves. */
      readonly draft?: string;
    }
  | { readonly kind: "discard"; readonly draft: string; readonly words: string };

interface Stacks {
  readonly done: readonly Deed[];
  readonly undone: readonly Deed[];
}

const NOTHING: Stacks = { done: [], undone: [] };
const LONGEST = 200;

const stacks = signal<Stacks>(NOTHING);
let key: string | null = null;

/** What Undo takes back next, and what Redo brings back next. */
export const nextUndo = computed<Deed | null>(() => stacks.value.done.at(-1) ?? null);
export const nextRedo = computed<Deed | null>(() => stacks.value.undone.at(-1) ?? null);
export const deeds = computed(() => stacks.value.done);

function isStacks(value: unknown): value is Stacks {
  return (
    typeof value === "object" &&
    value !== null &&
    "done" in value &&
    Array.isArray(value.done) &&
    "undone" in value &&
    Array.isArray(value.undone)
  );
}

function set(value: Stacks): void {
  stacks.value = value;
  if (key === null) return;
  try {
    sessionStorage.setItem(key, JSON.stringify(value));
  } catch {
    // Without storage the history lasts until the page is loaded again.
  }
}

/** Takes up the history of a person in a project, as this tab kept it over a reload. */
export function openHistory(user: string, project: string): void {
  key = `segmap.history.${user}.${project}`;
  let value: unknown = null;
  try {
    value = JSON.parse(sessionStorage.getItem(key) ?? "null");
  } catch {
    // Unreadable: begin with an empty one.
  }
  stacks.value = isStacks(value) ? value : NOTHING;
}

/** Something new was done: what was undone can no longer be redone. */
export function recordDeed(deed: Deed): void {
  set({ done: [...stacks.peek().done, deed].slice(-LONGEST), undone: [] });
}

/** A deed was taken back; `redo` is what brings it back. */
export function moveToUndone(deed: Deed, redo: Deed): void {
  const { done, undone } = stacks.peek();
  set({ done: done.filter((one) => one !== deed), undone: [...undone, redo] });
}

/** An undone deed was brought back; `undo` is what takes it back again. */
export function moveToDone(deed: Deed, undo: Deed): void {
  const { done, undone } = stacks.peek();
  set({ done: [...done, undo], undone: undone.filter((one) => one !== deed) });
}

/** Deeds that the server would not have, or that were taken back in another way. */
export function forgetDeeds(which: (deed: Deed) => boolean): void {
  const { done, undone } = stacks.peek();
  set({
    done: done.filter((one) => !which(one)),
    undone: undone.filter((one) => !which(one)),
  });
}

export function forgetEdit(edit: string): void {
  forgetDeeds((one) => one.kind === "edit" && one.edit === edit);
}

/** More is known of an edit than when it was sent: the number of a new label. */
export function renameEdit(edit: string, words: string): void {
  const renamed = (one: Deed): Deed =>
    one.kind === "edit" && one.edit === edit ? { ...one, words } : one;
  const { done, undone } = stacks.peek();
  set({ done: done.map(renamed), undone: undone.map(renamed) });
}

/** The deed of an edit, where it can still be taken back. */
export function deedOf(edit: string): Deed | null {
  return stacks.peek().done.find((one) => one.kind === "edit" && one.edit === edit) ?? null;
}
