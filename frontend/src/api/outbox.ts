/**
 * What this page asked for and the server has not confirmed: messages about drafts, and edits.
 *
 * Entries are kept in the browser's storage and sent in order. Everything in here may be sent twice
 * without harm: edits and saves carry an id of their own, clicks a step number, and an undo or redo
 * the fingerprint of the draft it leads to (`connected` drops those that had arrived).
 */

import { ApiError, type Edit, type NewEdit } from "./client";
import type { PageMessage } from "./socket";

export type Entry = MessageEntry | EditEntry;

export interface MessageEntry {
  readonly kind: "message";
  readonly key: string;
  readonly message: PageMessage;
  /** For undo and redo: the head that they lead to. */
  readonly head: number | null;
  /** Fingerprint of the draft once the message is carried out. */
  readonly after: string | null;
  readonly sent: boolean;
}

export interface EditEntry {
  readonly kind: "edit";
  readonly key: string;
  readonly edit: NewEdit;
  readonly sent: boolean;
}

/** An entry that was dropped because one before it, on the same draft or label, was refused. */
export class DroppedError extends Error {
  override readonly name = "DroppedError";
}

export interface Transport {
  readonly send: (message: PageMessage) => Promise<void>;
  readonly edit: (edit: NewEdit) => Promise<Edit>;
}

export interface Keeper {
  readonly read: () => readonly Entry[];
  readonly write: (entries: readonly Entry[]) => void;
}

export interface OutboxEvents {
  /** The entries as they are now. */
  readonly changed: (entries: readonly Entry[]) => void;
  /** Carried out: called before the entry leaves, so that its effect never blinks off between. */
  readonly confirmed: (entry: Entry, edit: Edit | null) => void;
  readonly refused: (entry: Entry, error: ApiError) => void;
  /** All that was kept while the connection was away has arrived. */
  readonly caughtUp: (count: number) => void;
}

interface Waiter {
  readonly resolve: (edit: Edit | null) => void;
  readonly reject: (error: Error) => void;
}

const RETRY_MS = 5000;

/** Ids of the draft or labels that an entry is about. */
export function subjects(entry: Entry): readonly string[] {
  if (entry.kind === "message") return [entry.message.draft];
  const edit = entry.edit;
  if ("labels" in edit) return edit.labels.map((one) => one.label);
  if ("label" in edit) return [edit.label];
  return edit.kind === "undo" ? [edit.edit] : [];
}

/** Refused for now: after signing in, or a little later, the same entry may pass. */
function mayWorkLater(error: ApiError): boolean {
  return ["not_signed_in", "too_many", "unavailable"].includes(error.code);
}

export class Outbox {
  private entries: readonly Entry[] = [];
  private open = false;
  private keptWhileAway = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly waiters = new Map<string, Waiter>();

  constructor(
    private readonly transport: Transport,
    private readonly keeper: Keeper,
    private readonly events: OutboxEvents,
  ) {
    this.replace(keeper.read());
    this.keptWhileAway = this.entries.length;
  }

  /** Queues an entry and sends it as soon as its turn comes. */
  add(entry: Entry): Promise<Edit | null> {
    const done = new Promise<Edit | null>((resolve, reject) => {
      this.waiters.set(entry.key, { resolve, reject });
    });
    this.replace([...this.entries, entry]);
    if (!this.open) this.keptWhileAway += 1;
    this.pump();
    return done;
  }

  /**
   * The server is there again. `fingerprints` has the drafts that it told of: entries that had been
   * sent and whose outcome it already shows are done; the others are sent again.
   */
  connected(fingerprints: ReadonlyMap<string, string>): void {
    this.open = true;
    for (const [draft, fingerprint] of fingerprints) {
      const sent = this.entries.filter(
        (one) => one.kind === "message" && one.sent && one.message.draft === draft,
      );
      const last = sent.findLastIndex((one) => one.kind === "message" && one.after === fingerprint);
      for (const entry of sent.slice(0, last + 1)) this.confirm(entry, null);
    }
    this.replace(this.entries.map((one) => (one.sent ? { ...one, sent: false } : one)));
    this.pump();
    this.tellIfCaughtUp();
  }

  disconnected(): void {
    if (this.open) this.keptWhileAway = this.entries.length;
    this.open = false;
    clearTimeout(this.timer);
  }

  private pump(): void {
    if (!this.open) return;
    for (const [index, entry] of this.entries.entries()) {
      if (entry.kind === "edit") {
        // Edits go by another way than messages: one waits for all that was asked before it.
        if (index === 0 && !entry.sent) this.start(entry, this.transport.edit(entry.edit));
        return;
      }
      if (!entry.sent)
        this.start(
          entry,
          this.transport.send(entry.message).then(() => null),
        );
    }
  }

  private start(entry: Entry, answer: Promise<Edit | null>): void {
    this.replace(this.entries.map((one) => (one.key === entry.key ? { ...one, sent: true } : one)));
    answer.then(
      (edit) => {
        this.confirm(entry, edit);
        this.pump();
        this.tellIfCaughtUp();
      },
      (error: unknown) => this.failed(entry, error),
    );
  }

  private failed(entry: Entry, error: unknown): void {
    if (!(error instanceof ApiError) || mayWorkLater(error)) {
      // A lost message waits for the next welcome. An edit may be tried again by itself.
      if (entry.kind === "edit") {
        this.replace(
          this.entries.map((one) => (one.key === entry.key ? { ...one, sent: false } : one)),
        );
        clearTimeout(this.timer);
        this.timer = setTimeout(() => this.pump(), RETRY_MS);
      }
      return;
    }
    if (!this.entries.some((one) => one.key === entry.key)) return;
    // Its own key as well: what was to take this edit back.
    const about = [entry.key, ...subjects(entry)];
    const waiter = this.waiters.get(entry.key);
    this.waiters.delete(entry.key);
    this.replace(this.entries.filter((one) => one.key !== entry.key));
    this.dropAll((later) => subjects(later).some((subject) => about.includes(subject)));
    this.events.refused(entry, error);
    waiter?.reject(error);
    this.pump();
    this.tellIfCaughtUp();
  }

  private confirm(entry: Entry, edit: Edit | null): void {
    if (!this.entries.some((one) => one.key === entry.key)) return;
    this.events.confirmed(entry, edit);
    this.replace(this.entries.filter((one) => one.key !== entry.key));
    this.waiters.get(entry.key)?.resolve(edit);
    this.waiters.delete(entry.key);
  }

  private dropAll(which: (entry: Entry) => boolean): void {
    const dropped = this.entries.filter(which);
    this.replace(this.entries.filter((one) => !which(one)));
    for (const entry of dropped) {
      this.waiters.get(entry.key)?.reject(new DroppedError());
      this.waiters.delete(entry.key);
    }
  }

  private tellIfCaughtUp(): void {
    if (!this.open || this.entries.length > 0 || this.keptWhileAway === 0) return;
    const count = this.keptWhileAway;
    this.keptWhileAway = 0;
    this.events.caughtUp(count);
  }

  private replace(entries: readonly Entry[]): void {
    this.entries = entries;
    this.keeper.write(entries);
    this.events.changed(entries);
  }
}
