/** A project's socket: request ids, a promise per message, and reconnection with growing delay. */

import { ApiError, OfflineError } from "./client";
import type { components } from "./generated/schema";

type Schemas = components["schemas"];
type WithoutId<T> = T extends unknown ? Omit<T, "id"> : never;

export type ServerMessage = Schemas["ToPage"];
/** A message before the socket has numbered it. */
export type PageMessage = WithoutId<Schemas["FromPage"]>;
export type EngineStatus = Schemas["EngineStatus"];
export type DraftOut = Schemas["DraftOut"];
export type DraftState = Schemas["DraftState"];
export type Answer = Schemas["AnswerOut"];
export type DraftClick = Pick<Schemas["StepOut"], "x" | "y" | "include">;
export type LinkState = "closed" | "connecting" | "open" | "waiting";

const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 15_000;
/** A line on which a question stays without any answer for so long is broken, whatever the browser thinks. */
const PATIENCE_MS = 15_000;

/** Delay before try number `attempt` (from 0): doubles up to 15 s, then a random half of it more or less. */
export function retryDelay(attempt: number, random: () => number = Math.random): number {
  const full = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** attempt);
  return full * (0.5 + random());
}

export interface SocketEvents {
  readonly message: (message: ServerMessage) => void;
  readonly state: (state: LinkState) => void;
  /** A try to connect failed or a connection broke: a moment to ask whether the session still lives. */
  readonly lost: () => void;
}

interface Waiting {
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

export class ProjectSocket {
  private socket: WebSocket | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private attempt = 0;
  private lastId = 0;
  private closed = false;
  private welcomed = false;
  private patience: ReturnType<typeof setTimeout> | undefined;
  private readonly waiting = new Map<number, Waiting>();

  constructor(
    private readonly url: string,
    private readonly events: SocketEvents,
  ) {}

  open(): void {
    this.closed = false;
    this.connect("connecting");
  }

  /** Tries again at once, for a person who does not want to wait. */
  retryNow(): void {
    if (this.socket === null && !this.closed) this.connect("waiting");
  }

  /** Takes the line for broken, and tries again: the network is known to be away. */
  breakOff(): void {
    const socket = this.socket;
    if (socket === null || this.closed) return;
    this.lost();
    socket.close();
  }

  /** Resolves on `ok`; rejects with ApiError on a refusal, with OfflineError when the line breaks first. */
  send(message: PageMessage): Promise<void> {
    const socket = this.socket;
    if (socket === null || !this.welcomed) return Promise.reject(new OfflineError());
    this.lastId += 1;
    const id = this.lastId;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      socket.send(JSON.stringify({ ...message, id }));
      this.patience ??= setTimeout(() => this.breakOff(), PATIENCE_MS);
    });
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
    const socket = this.socket;
    this.forget();
    socket?.close();
    this.events.state("closed");
  }

  private connect(state: LinkState): void {
    clearTimeout(this.timer);
    this.events.state(state);
    const socket = new WebSocket(this.url);
    this.socket = socket;
    socket.addEventListener("message", (event) => {
      if (socket === this.socket) this.receive(String(event.data));
    });
    socket.addEventListener("close", () => {
      if (socket === this.socket) this.lost();
    });
  }

  private lost(): void {
    this.forget();
    if (this.closed) return;
    this.events.state("waiting");
    this.events.lost();
    this.timer = setTimeout(() => this.connect("waiting"), retryDelay(this.attempt));
    this.attempt += 1;
  }

  private receive(text: string): void {
    const message = JSON.parse(text) as ServerMessage; // The boundary: the server keeps its schema.
    if (message.type === "welcome") {
      this.attempt = 0;
      this.welcomed = true;
      this.events.message(message);
      this.events.state("open");
      return;
    }
    if (message.type === "ok" || message.type === "error") {
      const waiting = message.id === null ? undefined : this.waiting.get(message.id);
      if (message.id !== null) this.waiting.delete(message.id);
      this.answered();
      if (message.type === "ok") waiting?.resolve();
      else waiting?.reject(new ApiError(0, message.code, message.sentence));
      if (waiting !== undefined || message.type === "ok") return;
    }
    this.events.message(message);
  }

  private answered(): void {
    clearTimeout(this.patience);
    this.patience =
      this.waiting.size === 0 ? undefined : setTimeout(() => this.breakOff(), PATIENCE_MS);
  }

  private forget(): void {
    clearTimeout(this.patience);
    this.patience = undefined;
    this.socket = null;
    this.welcomed = false;
    const waiting = [...this.waiting.values()];
    this.waiting.clear();
    for (const one of waiting) one.reject(new OfflineError());
  }
}

/** The address of a project's socket on this server. */
export function socketUrl(project: string): string {
  const scheme = window.location.protocol === "https:" ? "wss:" : "ws:";
  return `${scheme}//${window.location.host}/ws/projects/${project}`;
}
