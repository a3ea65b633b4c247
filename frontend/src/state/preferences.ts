import { effect, signal } from "@preact/signals";

export interface Preferences {
  readonly areaUnit: "metric" | "acres";
  /** Single letters act as shortcuts (WCAG 2.1.4 wants a way to turn them off). */
  readonly letterKeys: boolean;
  readonly coordinates: "project" | "degrees";
  /** Review: keep the map where it is when the next label comes. */
  readonly stayInReview: boolean;
  /** Review: open the next label after a decision. */
  readonly nextAfterDecision: boolean;
  /** How many of the first-run hints were done. */
  readonly hintsDone: number;
}

const KEY = "segmap.preferences";

const DEFAULTS: Preferences = {
  areaUnit: "metric",
  letterKeys: true,
  coordinates: "project",
  stayInReview: false,
  nextAfterDecision: true,
  hintsDone: 0,
};

function stored(): Preferences {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(KEY) ?? "{}");
    return typeof value === "object" && value !== null ? { ...DEFAULTS, ...value } : DEFAULTS;
  } catch {
    return DEFAULTS;
  }
}

/** What a person set for themselves in this browser. */
export const preferences = signal<Preferences>(stored());

export function setPreference<K extends keyof Preferences>(key: K, value: Preferences[K]): void {
  preferences.value = { ...preferences.peek(), [key]: value };
}

/** Keeps the preferences in the browser; returns how to stop. */
export function keepPreferences(): () => void {
  return effect(() => {
    try {
      localStorage.setItem(KEY, JSON.stringify(preferences.value));
    } catch {
      // A browser that keeps nothing still works; it only forgets.
    }
  });
}
