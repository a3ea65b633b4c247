import { computed, signal } from "@preact/signals";
import { mayLabel } from "./project";
import { route } from "./route";

export type Tool = "segment" | "select" | "draw" | "split" | "vertices";
/** What keys mean: a mode has one meaning for each key. */
export type Mode = "label" | "crosshair" | "draw" | "vertices" | "review" | "elsewhere";

/** Of what is drawn by hand: an outline, or a line across a label. */
export const FEWEST_POINTS = { draw: 3, split: 2 } as const;

const chosen = signal<Tool>("segment");
const crosshairOn = signal(false);
const tapExcludes = signal(false);
const certain = signal<"sure" | "possible">("sure");
const note = signal("");
const searchOpen = signal(0);
const help = signal(false);
const goTo = signal(false);
const spaceHeld = signal(false);
const points = signal(0);
const collapsed = signal<ReadonlySet<"classes" | "facts">>(new Set());

/** The tool in hand. Who may only look has the select tool. */
export const tool = computed<Tool>(() => (mayLabel.value ? chosen.value : "select"));
export const armed = computed(() => tool.value === "segment");
/** True while points that are clicked make an outline or a line. */
export const sketching = computed(() => tool.value === "draw" || tool.value === "split");
/** How many points of it are there; 0 where none is begun. */
export const drawnPoints = computed(() => points.value);
/** The keyboard crosshair: arrows move it, Space includes, Shift+Space excludes. */
export const crosshair = computed(() => crosshairOn.value);
/** Touch: the bar's switch; true when a tap excludes. */
export const tapPolarityExcludes = computed(() => tapExcludes.value);
/** Certainty of this draft and the next ones. */
export const draftCertainty = computed(() => certain.value);
export const draftNote = computed(() => note.value);
/** Grows by one whenever the class search is to take the focus. */
export const classSearchRequest = computed(() => searchOpen.value);
export const helpOpen = computed(() => help.value);
export const goToOpen = computed(() => goTo.value);
/** True while Space is held: moving the pointer pans. */
export const spacePanning = computed(() => spaceHeld.value);
export const collapsedPanels = computed(() => collapsed.value);

export const mode = computed<Mode>(() => {
  const page = route.value.page;
  if (page === "review") return "review";
  if (page !== "label") return "elsewhere";
  if (crosshairOn.value) return "crosshair";
  if (sketching.value) return "draw";
  return tool.value === "vertices" ? "vertices" : "label";
});

export function setTool(value: Tool): void {
  chosen.value = value;
  if (value !== "segment") crosshairOn.value = false;
}

export function setDrawnPoints(value: number): void {
  points.value = value;
}

export function setCrosshair(value: boolean): void {
  crosshairOn.value = value;
}

export function setTapExcludes(value: boolean): void {
  tapExcludes.value = value;
}

export function setDraftCertainty(value: "sure" | "possible"): void {
  certain.value = value;
}

export function setDraftNote(value: string): void {
  note.value = value;
}

export function requestClassSearch(): void {
  searchOpen.value += 1;
}

export function setHelpOpen(value: boolean): void {
  help.value = value;
}

export function setGoToOpen(value: boolean): void {
  goTo.value = value;
}

export function setSpacePanning(value: boolean): void {
  spaceHeld.value = value;
}

export function togglePanel(panel: "classes" | "facts"): void {
  const next = new Set(collapsed.peek());
  if (!next.delete(panel)) next.add(panel);
  collapsed.value = next;
}
