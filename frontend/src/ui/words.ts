/** How times, scales and counts of the panels are said; plain numbers are in state/words.ts. */

import { countWords, numberWords } from "../state/words";

/** Between a number and its unit: narrow, and never a line break. */
const THIN = "\u202f";

const HECTARE_M2 = 10_000;

/** An area in hectares whatever its size, for columns of one unit. */
export function hectares(areaM2: number): string {
  return `${numberWords(areaM2 / HECTARE_M2, 2)}${THIN}ha`;
}

/** A share from 0 to 1. Only what is complete is called 100 %. */
export function percent(share: number): string {
  const value = share >= 1 ? 100 : Math.min(99, Math.round(Math.max(0, share) * 100));
  return `${value}${THIN}%`;
}

/** What an export holds and what stays behind: "812 labels, 96.40 ha; 41 not accepted are left out." */
export function exportSentence(labels: number, areaM2: number, leftOut: number): string {
  const holds = `${countWords(labels, "label", "labels")}, ${hectares(areaM2)}`;
  if (leftOut === 0) return `${holds}.`;
  return `${holds}; ${numberWords(leftOut)} not accepted ${leftOut === 1 ? "is" : "are"} left out.`;
}

const MONTHS = [
  "Jan",
  "Feb",
  "Mar",
  "Apr",
  "May",
  "June",
  "July",
  "Aug",
  "Sept",
  "Oct",
  "Nov",
  "Dec",
];

/** When something was, seen from `now`: 10:20, yesterday 10:20, 3 May, 3 May 2024. */
export function when(iso: string, now: Date): string {
  const then = new Date(iso);
  const clock = `${pad(then.getHours())}:${pad(then.getMinutes())}`;
  const days = dayNumber(now) - dayNumber(then);
  if (days === 0) return clock;
  if (days === 1) return `yesterday ${clock}`;
  const day = `${then.getDate()} ${MONTHS[then.getMonth()]}`;
  return then.getFullYear() === now.getFullYear() ? day : `${day} ${then.getFullYear()}`;
}

function pad(value: number): string {
  return value.toString().padStart(2, "0");
}

/** Days of the local calendar since 1970, so that a day of 23 hours is still one day. */
function dayNumber(date: Date): number {
  return Math.round(Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()) / 86_400_000);
}

/** A wait in the unit that fits it: 8 s, 3 min, 2 h. */
export function duration(seconds: number): string {
  if (seconds < 60) return `${Math.ceil(seconds)}${THIN}s`;
  if (seconds < 3600) return `${Math.ceil(seconds / 60)}${THIN}min`;
  return `${Math.ceil(seconds / 3600)}${THIN}h`;
}

/** The letters that stand for a person: AR for Ana Ruiz, B for ben. */
export function initials(name: string): string {
  const parts = name.trim().split(/\s+/);
  const last = parts.length > 1 ? (parts[parts.length - 1]?.[0] ?? "") : "";
  return `${parts[0]?.[0] ?? "?"}${last}`.toUpperCase();
}
