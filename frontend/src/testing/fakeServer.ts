/** For tests: the real outbox on a server in memory that answers when it is told to. */

import { setLink } from "../actions/link";
import { refused } from "../actions/receive";
import type { ApiError, Edit, NewEdit } from "../api/client";
import { type Entry, Outbox } from "../api/outbox";
import type { PageMessage } from "../api/socket";
import { setLinkState } from "../state/connection";
import { confirmMessage } from "../state/draft";
import { applyEdit } from "../state/labels";
import { setPending } from "../state/pending";
import { settle } from "./settle";

interface Open<Asked, Answer> {
  readonly asked: Asked;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: Error) => void;
}

export interface FakeServer {
  readonly messages: PageMessage[];
  readonly edits: NewEdit[];
  readonly asked: PageMessage[];
  /** Says ok to every message that waits. */
  readonly ok: () => Promise<void>;
  readonly refuseMessage: (error: ApiError) => Promise<void>;
  readonly answerEdit: (edit: Edit) => Promise<void>;
  readonly refuseEdit: (error: Error) => Promise<void>;
}

/** Opens a link for the state and actions under test; the outbox begins empty and connected. */
export function openFakeServer(): FakeServer {
  const openMessages: Open<PageMessage, void>[] = [];
  const openEdits: Open<NewEdit, Edit>[] = [];
  const messages: PageMessage[] = [];
  const edits: NewEdit[] = [];
  const asked: PageMessage[] = [];
  let kept: readonly Entry[] = [];
  const outbox = new Outbox(
    {
      send: (message) => {
        messages.push(message);
        return new Promise((resolve, reject) =>
          openMessages.push({ asked: message, resolve, reject }),
        );
      },
      edit: (edit) => {
        edits.push(edit);
        return new Promise((resolve, reject) => openEdits.push({ asked: edit, resolve, reject }));
      },
    },
    {
      read: () => kept,
      write: (entries) => {
        kept = entries;
      },
    },
    {
      changed: setPending,
      confirmed: (entry, edit) => {
        if (entry.kind === "message") confirmMessage(entry);
        if (edit !== null) applyEdit(edit);
      },
      refused,
      caughtUp: () => undefined,
    },
  );
  setLink({
    add: (entry) => outbox.add(entry),
    ask: (message) => asked.push(message),
    connected: (fingerprints) => outbox.connected(fingerprints),
    retryNow: () => undefined,
    close: () => outbox.disconnected(),
  });
  setLinkState("open");
  outbox.connected(new Map());
  return {
    messages,
    edits,
    asked,
    ok: async () => {
      for (const one of openMessages.splice(0)) one.resolve();
      await settle();
    },
    refuseMessage: async (error) => {
      openMessages.shift()?.reject(error);
      await settle();
    },
    answerEdit: async (edit) => {
      openEdits.shift()?.resolve(edit);
      await settle();
    },
    refuseEdit: async (error) => {
      openEdits.shift()?.reject(error);
      await settle();
    },
  };
}
