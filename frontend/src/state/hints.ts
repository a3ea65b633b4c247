import { computed, effect } from "@preact/signals";
import { canRedoClick, marks, phase, savingDrafts } from "./draft";
import { preferences, setPreference } from "./preferences";
import { armed } from "./tool";
import { activeLayer } from "./view";

/** The hints of the first run, in order. */
export const HINTS = [
  "Click a plant.",
  "Right-click what should not be in it.",
  "Enter saves. 1 to 9 choose the class.",
  "Ctrl+Z takes back any click.",
] as const;

/** The hint whose moment has come; null where there is none. Each is shown until it was done once. */
export const hint = computed<string | null>(() => {
  const next = preferences.value.hintsDone;
  if (!armed.value || activeLayer.value === null) return null;
  const settled = phase.value === "settled";
  const moments = [marks.value.length === 0, settled, settled, marks.value.length > 0];
  return moments[next] ? (HINTS[next] ?? null) : null;
});

/** How many hints are answered by what the person has just done; a later deed answers the earlier ones. */
const answered = computed(() => {
  if (canRedoClick.value) return 4;
  if (savingDrafts.value.length > 0) return 3;
  if (marks.value.some((mark) => !mark.include)) return 2;
  return marks.value.length > 0 ? 1 : 0;
});

/** Closes hints as they are done; returns how to stop. */
export function closeDoneHints(): () => void {
  return effect(() => {
    const done = answered.value;
    if (done > preferences.peek().hintsDone) setPreference("hintsDone", done);
  });
}

export function closeHint(): void {
  setPreference("hintsDone", preferences.peek().hintsDone + 1);
}

export function replayHints(): void {
  setPreference("hintsDone", 0);
}
