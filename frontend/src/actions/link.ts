/** The line to the server for the open project: socket and outbox. One at a time. */

import { type ApiError, api, type Edit, type NewEdit } from "../api/client";
import { claimKeeper } from "../api/keeper";
import { type Entry, type MessageEntry, Outbox } from "../api/outbox";
import { type PageMessage, ProjectSocket, type ServerMessage, socketUrl } from "../api/socket";
import { uuid7 } from "../api/uuid";
import { setKeptChanges, setLinkState } from "../state/connection";
import { confirmMessage, drafts } from "../state/draft";
import { afterMessage, fingerprint } from "../state/draftData";
import { applyEdit } from "../state/labels";
import { notify } from "../state/notices";
import { setPending } from "../state/pending";
import { countWords } from "../state/words";

export interface Link {
  readonly add: (entry: Entry) => Promise<Edit | null>;
  /** Not kept, not repeated: for questions. */
  readonly ask: (message: PageMessage) => void;
  readonly connected: (fingerprints: ReadonlyMap<string, string>) => void;
  readonly retryNow: () => void;
  readonly close: () => void;
}

let link: Link | null = null;

export function setLink(value: Link | null): void {
  link?.close();
  link = value;
  if (value === null) setPending([]);
}

export function currentLink(): Link | null {
  return link;
}

function notOpen(): Promise<never> {
  return Promise.reject(new Error("No project is open."));
}

/** Queues a message about a draft; what it does is seen at once. Resolves when the server has done it. */
export function sendMessage(message: PageMessage, head: number | null = null): Promise<void> {
  if (link === null) return notOpen();
  const after = afterMessage(drafts.peek().get(message.draft), message, head);
  const entry: MessageEntry = {
    kind: "message",
    key: uuid7(),
    message,
    head,
    after: after === undefined ? null : fingerprint(after),
    sent: false,
  };
  return link.add(entry).then(() => undefined);
}

/** Queues an edit; what it does is seen at once. Resolves with what the server made of it. */
export function sendEdit(edit: NewEdit): Promise<Edit> {
  if (link === null) return notOpen();
  return link.add({ kind: "edit", key: edit.uid, edit, sent: false }).then((done) => {
    if (done === null) throw new Error("An edit was answered without its outcome.");
    return done;
  });
}

/** Asks for a draft's state; it comes as a message. */
export function askForDraft(draft: string): void {
  link?.ask({ type: "draft.show", draft });
}

export interface LinkListeners {
  readonly message: (message: ServerMessage) => void;
  readonly refused: (entry: Entry, error: ApiError) => void;
  readonly lost: () => void;
  /** False once the person went on to another project. */
  readonly wanted: () => boolean;
}

/** Opens the line to a project. What an earlier page could not send is sent first. */
export async function openLink(
  user: string,
  project: string,
  listeners: LinkListeners,
): Promise<void> {
  const keeper = await claimKeeper(`segmap.outbox.${user}.${project}`);
  if (!listeners.wanted()) {
    keeper.release();
    return;
  }
  const socket = new ProjectSocket(socketUrl(project), {
    message: (message) => listeners.message(message),
    state: (state) => {
      if (state !== "open") outbox.disconnected();
      setLinkState(state);
    },
    lost: listeners.lost,
  });
  const outbox: Outbox = new Outbox(
    { send: (message) => socket.send(message), edit: (edit) => api.edit(project, edit) },
    keeper,
    {
      changed: (entries) => {
        setPending(entries);
        setKeptChanges(entries.length);
      },
      confirmed: (entry, edit) => {
        if (entry.kind === "message") confirmMessage(entry);
        if (edit !== null) applyEdit(edit);
      },
      refused: listeners.refused,
      caughtUp: (count) => notify(`Connected: ${countWords(count, "change", "changes")} saved.`),
    },
  );
  const offline = (): void => socket.breakOff();
  const online = (): void => socket.retryNow();
  window.addEventListener("offline", offline);
  window.addEventListener("online", online);
  setLink({
    add: (entry) => outbox.add(entry),
    ask: (message) => void socket.send(message).catch(() => undefined),
    connected: (fingerprints) => outbox.connected(fingerprints),
    retryNow: () => socket.retryNow(),
    close: () => {
      window.removeEventListener("offline", offline);
      window.removeEventListener("online", online);
      socket.close();
      outbox.disconnected();
      keeper.release();
    },
  });
  socket.open();
}
