// @vitest-environment node
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { OfflineError } from "./client";
import { ProjectSocket, retryDelay, type ServerMessage } from "./socket";

/** A socket whose other side is the test. */
class TestSocket extends EventTarget {
  static readonly made: TestSocket[] = [];
  readonly sent: string[] = [];

  constructor(readonly url: string) {
    super();
    TestSocket.made.push(this);
  }
  send(text: string): void {
    this.sent.push(text);
  }
  close(): void {
    this.dispatchEvent(new Event("close"));
  }
  say(message: unknown): void {
    this.dispatchEvent(new MessageEvent("message", { data: JSON.stringify(message) }));
  }
}

const WELCOME = {
  type: "welcome",
  engine: { connected: true, device: "cpu", model: "m", bands: [1, 2, 3] },
  draft: null,
  last_edit: 0,
};

function opened() {
  const heard: ServerMessage[] = [];
  const states: string[] = [];
  const socket = new ProjectSocket("ws://here/ws/projects/p", {
    message: (message) => heard.push(message),
    state: (state) => states.push(state),
    lost: () => undefined,
  });
  socket.open();
  return { socket, heard, states, line: () => TestSocket.made.at(-1) as TestSocket };
}

beforeEach(() => {
  TestSocket.made.length = 0;
  vi.stubGlobal("WebSocket", TestSocket);
  vi.useFakeTimers();
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

test("delays double up to the longest, and are spread by half", () => {
  const middle = () => 0.5;
  expect([0, 1, 2].map((attempt) => retryDelay(attempt, middle))).toEqual([500, 1000, 2000]);
  expect(retryDelay(30, middle)).toBe(15_000);
  expect(retryDelay(0, () => 0)).toBe(250);
  expect(retryDelay(0, () => 1)).toBe(750);
});

describe("messages", () => {
  test("are numbered, and each promise hears its own answer", async () => {
    const { socket, line } = opened();
    line().say(WELCOME);
    const first = socket.send({ type: "draft.undo", draft: "d" });
    const second = socket.send({ type: "draft.redo", draft: "d" });
    const ids = line().sent.map((text) => (JSON.parse(text) as { id: number }).id);
    line().say({ type: "error", id: ids[1], code: "conflict", sentence: "No." });
    line().say({ type: "ok", id: ids[0] });
    await expect(first).resolves.toBeUndefined();
    await expect(second).rejects.toMatchObject({ code: "conflict", sentence: "No." });
  });

  test("are not sent before the welcome", async () => {
    const { socket, line } = opened();
    await expect(socket.send({ type: "draft.undo", draft: "d" })).rejects.toBeInstanceOf(
      OfflineError,
    );
    expect(line().sent).toEqual([]);
  });

  test("whose answer is lost with the line are rejected as offline", async () => {
    const { socket, line } = opened();
    line().say(WELCOME);
    const sent = socket.send({ type: "draft.undo", draft: "d" });
    line().close();
    await expect(sent).rejects.toBeInstanceOf(OfflineError);
  });
});

test("a lost line is tried again, and opens with the next welcome", () => {
  const { line, states, heard } = opened();
  line().say(WELCOME);
  line().close();
  expect(states.at(-1)).toBe("waiting");
  vi.advanceTimersByTime(1000);
  expect(TestSocket.made).toHaveLength(2);
  line().say(WELCOME);
  expect(states.at(-1)).toBe("open");
  expect(heard).toHaveLength(2);
});

test("a line on which nothing is answered is given up", async () => {
  const { socket, line, states } = opened();
  line().say(WELCOME);
  const [first, second] = [1, 2].map(() => socket.send({ type: "draft.undo", draft: "d" }));
  vi.advanceTimersByTime(14_000);
  line().say({ type: "ok", id: 1 });
  await first;
  vi.advanceTimersByTime(14_000);
  expect(states.at(-1)).toBe("open");
  vi.advanceTimersByTime(1000);
  await expect(second).rejects.toBeInstanceOf(OfflineError);
  expect(states.at(-1)).toBe("waiting");
});

test("a line without open questions is left alone", () => {
  const { line, states } = opened();
  line().say(WELCOME);
  vi.advanceTimersByTime(600_000);
  expect(states.at(-1)).toBe("open");
});

test("a closed socket stays closed", () => {
  const { socket, states } = opened();
  socket.close();
  vi.advanceTimersByTime(60_000);
  expect(TestSocket.made).toHaveLength(1);
  expect(states.at(-1)).toBe("closed");
});
