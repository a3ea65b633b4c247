/**
 * Where an outbox is kept: one place in localStorage for each tab, so that two tabs of a person do
 * not overwrite each other. What a closed or crashed tab left behind is taken over.
 */

import type { Entry, Keeper } from "./outbox";

export interface ClaimedKeeper extends Keeper {
  readonly release: () => void;
}

function readEntries(key: string): readonly Entry[] {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(key) ?? "[]");
    return Array.isArray(value) ? (value as Entry[]) : []; // Written by this file alone.
  } catch {
    return [];
  }
}

function writeEntries(key: string, entries: readonly Entry[]): void {
  try {
    if (entries.length === 0) localStorage.removeItem(key);
    else localStorage.setItem(key, JSON.stringify(entries));
  } catch {
    // A full or forbidden storage: the entries live as long as the page.
  }
}

/** Holds a lock for as long as this tab lives; false where another tab holds it. */
function hold(name: string): Promise<(() => void) | null> {
  // Locks exist on secure origins only; without them every leftover is taken over, which is harmless:
  // whatever is in it may be sent twice.
  if (!navigator.locks) return Promise.resolve(() => undefined);
  return new Promise((resolve) => {
    void navigator.locks.request(name, { ifAvailable: true }, (lock) => {
      if (lock === null) {
        resolve(null);
        return undefined;
      }
      return new Promise<void>((release) => resolve(() => release()));
    });
  });
}

function leftovers(prefix: string): readonly string[] {
  return Array.from({ length: localStorage.length }, (_, index) => localStorage.key(index) ?? "")
    .filter((key) => key.startsWith(`${prefix}.`))
    .sort();
}

/** Claims a place of its own under `prefix`, and moves into it what dead tabs left there. */
export async function claimKeeper(prefix: string): Promise<ClaimedKeeper> {
  // Taken over oldest first: the names of places sort by the time they were made.
  const place = `${prefix}.${String(Date.now()).padStart(15, "0")}${Math.random().toString(36).slice(2, 8)}`;
  const inherited: Entry[] = [];
  for (const key of leftovers(prefix)) {
    const release = await hold(key);
    if (release === null) continue;
    inherited.push(...readEntries(key));
    localStorage.removeItem(key);
    release();
  }
  const release = (await hold(place)) ?? (() => undefined);
  writeEntries(place, inherited);
  return {
    read: () => readEntries(place),
    write: (entries) => writeEntries(place, entries),
    release,
  };
}
