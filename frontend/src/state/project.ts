import { computed, signal } from "@preact/signals";
import type { Crs, LabelClass, Layer, Member, Project, Role, Summary } from "../api/client";

const current = signal<Project | null>(null);
const counts = signal<Summary | null>(null);
const chosenClass = signal<string | null>(null);
const failure = signal<string | null>(null);

/** The open project; null while it loads. */
export const project = computed(() => current.value);
/** Why the project could not be opened. */
export const projectFailure = computed(() => failure.value);
export const summary = computed(() => counts.value);

export const crs = computed<Crs | null>(() => current.value?.crs ?? null);
export const layers = computed<readonly Layer[]>(() => current.value?.layers ?? []);
export const members = computed<readonly Member[]>(() => current.value?.members ?? []);
export const role = computed<Role | null>(() => current.value?.role ?? null);
/** An archived project can only be looked at. */
export const archived = computed(() => (current.value?.archived_at ?? null) !== null);
export const mayLabel = computed(
  () => !archived.value && (role.value === "annotator" || role.value === "manager"),
);
export const mayManage = computed(() => !archived.value && role.value === "manager");
export const mayExport = computed(
  () =>
    !archived.value && (mayLabel.value || (current.value?.settings.viewers_may_export ?? false)),
);

/** The people to ask for a change of role. */
export const managers = computed(() =>
  members.value
    .filter((member) => member.role === "manager")
    .map((member) => member.user.display_name || member.user.username),
);

/** All classes in the project's order, retired ones too. */
export const classes = computed<readonly LabelClass[]>(() =>
  [...(current.value?.classes ?? [])].sort((a, b) => a.order - b.order),
);
export const usableClasses = computed(() => classes.value.filter((one) => !one.retired));
export const classByUid = computed<ReadonlyMap<string, LabelClass>>(
  () => new Map(classes.value.map((one) => [one.uid, one])),
);

/** The class of this draft and the next ones: the chosen one, else the first of the list. */
export const activeClass = computed<LabelClass | null>(() => {
  const chosen = usableClasses.value.find((one) => one.uid === chosenClass.value);
  return chosen ?? usableClasses.value[0] ?? null;
});

export function setProject(value: Project | null): void {
  if (value?.uid !== current.value?.uid) {
    counts.value = null;
    chosenClass.value = null;
  }
  failure.value = null;
  current.value = value;
}

export function setProjectFailure(sentence: string): void {
  failure.value = sentence;
}

export function setSummary(value: Summary): void {
  counts.value = value;
}

export function setActiveClass(uid: string): void {
  chosenClass.value = uid;
}

/** Classes of which some word starts with each word of the query: "rush" finds Brownheaded rush seeps. */
export function searchClasses(query: string): readonly LabelClass[] {
  const wanted = query.toLowerCase().split(/\s+/).filter(Boolean);
  return usableClasses.value.filter((one) => {
    const words = `${one.name} ${one.code}`.toLowerCase().split(/[^\p{L}\p{N}]+/u);
    return wanted.every((start) => words.some((word) => word.startsWith(start)));
  });
}
