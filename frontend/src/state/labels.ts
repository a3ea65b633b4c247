import { computed, signal } from "@preact/signals";
import type { AtRevision, Box, Edit, Label, NewEdit } from "../api/client";
import { boxOf } from "./draftData";
import { pending } from "./pending";

const confirmed = signal<ReadonlyMap<string, Label>>(new Map());
const selected = signal<ReadonlySet<string>>(new Set());
const hoveredUid = signal<string | null>(null);
const hidden = signal<ReadonlySet<string>>(new Set());
const cutShort = signal(false);
const newest = signal(0);
// The number of the last edit heard of each label: an answer that took longer may not undo it.
const lastEdits = new Map<string, number>();

/** What an edit of this page makes of a label, shown before the server has it. */
export function afterEdit(label: Label, edit: NewEdit): Label {
  switch (edit.kind) {
    case "reshape":
      return {
        ...label,
        geometry: edit.geometry,
        revision: label.revision + 1,
        review_state: "unreviewed",
      };
    case "classify": {
      const labelClass = edit.label_class ?? label.label_class;
      return {
        ...label,
        label_class: labelClass,
        certainty: edit.certainty ?? label.certainty,
        note: edit.note ?? label.note,
        revision: label.revision + 1,
        review_state: labelClass === label.label_class ? label.review_state : "unreviewed",
      };
    }
    case "delete":
      return { ...label, deleted: true };
    case "review":
      return { ...label, review_state: edit.decision, review_comment: edit.comment };
    default:
      return label;
  }
}

/** The labels that an edit changes, each with the revision that the edit was made against. */
function basesOf(edit: NewEdit): readonly AtRevision[] {
  if (edit.kind === "classify" || edit.kind === "delete") return edit.labels;
  if (edit.kind === "reshape") return [edit];
  return edit.kind === "review" ? [{ label: edit.label, base_revision: edit.revision }] : [];
}

/**
 * Labels by uid, with this page's unconfirmed edits applied; deleted ones are left out. An edit is
 * applied to the revision it was made against and to no other: the socket often tells of an edit
 * before the answer to it is here, and what is made next must build on the label as it then is.
 */
export const labels = computed<ReadonlyMap<string, Label>>(() => {
  const edits = pending.value.flatMap((entry) => (entry.kind === "edit" ? [entry.edit] : []));
  if (edits.length === 0) return confirmed.value;
  const all = new Map(confirmed.value);
  for (const edit of edits) {
    for (const base of basesOf(edit)) {
      const label = all.get(base.label);
      if (label?.revision !== base.base_revision) continue;
      const next = afterEdit(label, edit);
      if (next.deleted) all.delete(base.label);
      else all.set(base.label, next);
    }
  }
  return all;
});

/** The number of the newest edit that was heard of. */
export const newestEdit = computed(() => newest.value);

/** More labels lie in view than the server sends at once. */
export const labelsTruncated = computed(() => cutShort.value);

/** Uids of selected labels that are still there. */
export const selection = computed<ReadonlySet<string>>(() => {
  const there = [...selected.value].filter((uid) => labels.value.has(uid));
  return there.length === selected.value.size ? selected.value : new Set(there);
});
export const selectedLabels = computed<readonly Label[]>(() =>
  [...selection.value].flatMap((uid) => labels.value.get(uid) ?? []),
);
/** The selected label where exactly one is selected. */
export const selectedLabel = computed<Label | null>(() =>
  selectedLabels.value.length === 1 ? (selectedLabels.value[0] ?? null) : null,
);
export const hovered = computed<Label | null>(() =>
  hoveredUid.value === null ? null : (labels.value.get(hoveredUid.value) ?? null),
);
/** Classes whose eye is closed. */
export const hiddenClasses = computed(() => hidden.value);

export function select(uids: Iterable<string>): void {
  selected.value = new Set(uids);
}

/** Adds a label to the selection, or takes it out. */
export function toggleSelected(uid: string): void {
  const next = new Set(selected.peek());
  if (!next.delete(uid)) next.add(uid);
  selected.value = next;
}

export function setHovered(uid: string | null): void {
  hoveredUid.value = uid;
}

export function setClassHidden(labelClass: string, isHidden: boolean): void {
  const next = new Set(hidden.peek());
  if (isHidden) next.add(labelClass);
  else next.delete(labelClass);
  hidden.value = next;
}

function put(into: Map<string, Label>, label: Label): void {
  const known = into.get(label.uid);
  if (label.deleted) into.delete(label.uid);
  else if (known === undefined || known.revision <= label.revision) into.set(label.uid, label);
}

/** The labels after an edit, unless a later edit of theirs was heard of before. */
export function applyEdit(edit: Edit): void {
  newest.value = Math.max(newest.peek(), edit.number);
  const next = new Map(confirmed.peek());
  for (const label of edit.labels) {
    if ((lastEdits.get(label.uid) ?? -1) > edit.number) continue;
    lastEdits.set(label.uid, edit.number);
    if (label.deleted) next.delete(label.uid);
    else next.set(label.uid, label);
  }
  confirmed.value = next;
}

/** Labels fetched one by one or as a list. */
export function putLabels(values: readonly Label[]): void {
  const next = new Map(confirmed.peek());
  for (const label of values) put(next, label);
  confirmed.value = next;
}

function meets(label: Label, box: Box): boolean {
  const own = boxOf(label.geometry);
  return (
    own !== null && own[0] <= box[2] && own[2] >= box[0] && own[1] <= box[3] && own[3] >= box[1]
  );
}

/** All labels of a box: those known before and not among them are gone, unless the list was cut short. */
export function putLabelsOfBox(values: readonly Label[], box: Box, truncated: boolean): void {
  const fetched = new Set(values.map((label) => label.uid));
  const next = new Map(confirmed.peek());
  if (!truncated) {
    for (const [uid, label] of next) if (!fetched.has(uid) && meets(label, box)) next.delete(uid);
  }
  for (const label of values) put(next, label);
  cutShort.value = truncated;
  confirmed.value = next;
}

export function clearLabels(): void {
  lastEdits.clear();
  newest.value = 0;
  confirmed.value = new Map();
  selected.value = new Set();
  hidden.value = new Set();
  hoveredUid.value = null;
  cutShort.value = false;
}
