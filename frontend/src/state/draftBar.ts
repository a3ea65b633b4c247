/** What the draft bar says, worked out from the draft; nothing here is stored. */

import { computed, effect, signal } from "@preact/signals";
import type { Answer } from "../api/socket";
import { engineConnected, linkState } from "./connection";
import { answer, clickedAt, computing, draft, failure, marks, phase, waiting } from "./draft";
import { boxOf } from "./draftData";
import { labelsAt } from "./inside";
import { labels } from "./labels";
import { preferences } from "./preferences";
import { activeClass, classByUid } from "./project";
import { activeLayer, magnification, place } from "./view";
import { areaWords, clickWords, countWords, lengthWords } from "./words";

export interface DraftChip {
  readonly id: "edge" | "parts" | "trifles" | "coarse" | "small" | "pixel" | "inside" | "many";
  readonly words: string;
  /** The operation that the chip offers, by its id. */
  readonly operation: "draft.editInstead" | "draft.keepAll" | null;
}

const MANY_CLICKS = 20;
const SMALL_PX = 12;
const MAGNIFIED = 8;
const TICK_MS = 250;

const now = signal(Date.now());

/** Lets the "waiting" words change with time while a click is computed; returns how to stop. */
export function tickWhileComputing(): () => void {
  return effect(() => {
    if (!computing.value) return undefined;
    now.value = Date.now();
    const timer = setInterval(() => {
      now.value = Date.now();
    }, TICK_MS);
    return () => clearInterval(timer);
  });
}

/** The class that the draft will be saved with. */
export const draftClass = computed(() => {
  const own = draft.value?.labelClass ?? null;
  return (own === null ? null : classByUid.value.get(own)) ?? activeClass.value;
});

export const draftAreaM2 = computed<number | null>(() => answer.value?.area_m2 ?? null);
export const draftAreaWords = computed(() =>
  draftAreaM2.value === null ? "" : areaWords(draftAreaM2.value, preferences.value.areaUnit),
);

export const draftClickWords = computed(() => {
  const include = marks.value.filter((mark) => mark.include).length;
  return clickWords(include, marks.value.length - include);
});

/** "pass 2 of up to 5", then "settled"; empty where there is nothing to say. */
export const passWords = computed(() => {
  if (phase.value === "settled" || phase.value === "nothing") return "settled";
  if (phase.value === "stopped") return "stopped";
  const shown = answer.value;
  if (phase.value !== "computing" || shown === null || shown.step !== draft.value?.head) return "";
  return `pass ${shown.number} of up to ${shown.limit}`;
});

/** True from 300 ms after a click without an outline: the newest mark pulses. */
export const pulsing = computed(() => computing.value && now.value - (clickedAt.value ?? 0) > 300);

/** The one sentence of the bar. */
export const draftSentence = computed(() => {
  switch (phase.value) {
    case "none":
    case "empty":
      return "Click what you want to label; right-click what to leave out.";
    case "unseen":
      return "Add an include click.";
    case "nothing":
      return "Nothing found here: add a click, or draw it (D).";
    case "failed":
      return failure.value?.sentence ?? "";
    case "computing":
      return waitingWords();
    default:
      return "";
  }
});

function waitingWords(): string {
  if (linkState.value !== "open" || !engineConnected.value) return "";
  const since = clickedAt.value;
  const ms = since === null ? 0 : now.value - since;
  if (ms > 10_000) return "This takes longer than usual. Your clicks are kept.";
  const ahead = waiting.value?.ahead ?? 0;
  if (ms > 3000 && ahead > 0) {
    return `Waiting for the engine: ${ahead} ahead of you. Go on clicking.`;
  }
  const hasOwn = answer.value !== null && answer.value.step === draft.value?.head;
  return ms > 1000 && !hasOwn ? "Waiting for the engine. Go on clicking." : "";
}

/** The label that the draft's first click lies in, for "Edit #128 instead". */
export const startedInside = computed(() => {
  const first = marks.value[0];
  if (draft.value === null || draft.value.startLabel !== null || first === undefined) return null;
  return labelsAt(labels.value.values(), first.x, first.y)[0] ?? null;
});

export const tooManyClicks = computed(() => marks.value.length >= MANY_CLICKS);

export const draftChips = computed<readonly DraftChip[]>(() => {
  const chips: DraftChip[] = [];
  const chip = (id: DraftChip["id"], words: string, operation: DraftChip["operation"] = null) =>
    chips.push({ id, words, operation });
  const shown = answer.value;
  const layer = activeLayer.value;
  const inside = startedInside.value;
  if (inside !== null) chip("inside", `Edit #${inside.number} instead`, "draft.editInstead");
  if (shown !== null && layer !== null) {
    if (shown.cut_at_image_edge) chip("edge", "cut at the image edge");
    const partsOut = `${countWords(shown.parts_left_out, "part", "parts")} left out`;
    // Outlines drawn before left-out parts were stored with them can only count them.
    if (shown.parts_left_out > 0 && shown.all_parts === null) chip("parts", partsOut);
    else if (draft.value?.keepAll) {
      chip("parts", "All parts kept. Keep only clicked", "draft.keepAll");
    } else if (shown.parts_left_out > 0) chip("parts", `${partsOut}. Keep all`, "draft.keepAll");
    const trifles = triflesWords(shown);
    if (trifles !== "") chip("trifles", trifles);
    // Also when settled: until the native refinement has been over all of it, this is how fine it is.
    if (shown.coarse_factor > 1) {
      chip("coarse", `coarse: 1 px = ${lengthWords(layer.pixel_m * shown.coarse_factor)}`);
    }
    const box = boxOf(shown.outline);
    const resolution = place.value?.resolution;
    if (box !== null && resolution !== undefined) {
      const side = Math.max(box[2] - box[0], box[3] - box[1]) / resolution;
      if (side < SMALL_PX) chip("small", "Zoom in to see it");
    }
  }
  if (layer !== null && (magnification.value ?? 0) > MAGNIFIED) {
    chip("pixel", `image pixel ${lengthWords(layer.pixel_m)}`);
  }
  if (tooManyClicks.value) {
    chip("many", "20 clicks: better save it, or start again on a smaller part.");
  }
  return chips;
});

/** "3 specks left out, 1 small hole filled": below the project's smallest part and smallest hole. */
function triflesWords({ specks_left_out, holes_filled }: Answer): string {
  const words: string[] = [];
  if (specks_left_out > 0) words.push(`${countWords(specks_left_out, "speck", "specks")} left out`);
  if (holes_filled > 0)
    words.push(`${countWords(holes_filled, "small hole", "small holes")} filled`);
  return words.join(", ");
}

/** For screen readers, once per settled click: "Exclude click 3. Iceplant, 0.42 hectares, 1 hole." */
export const holeCount = computed(() =>
  (answer.value?.outline ?? []).reduce((sum, polygon) => sum + Math.max(0, polygon.length - 1), 0),
);
