// @vitest-environment node
import { describe, expect, test } from "vitest";
import { exampleEdit, exampleLabel } from "../testing/examples";
import { settle } from "../testing/settle";
import { ApiError, type Edit, type NewEdit, OfflineError } from "./client";
import { DroppedError, type Entry, type MessageEntry, Outbox } from "./outbox";
import type { PageMessage } from "./socket";

function click(draft: string, step: number, after = `${step}`): MessageEntry {
  const message: PageMessage = { type: "draft.click", draft, step, x: step, y: 0, include: true };
  return { kind: "message", key: `${draft} ${step}`, message, head: null, after, sent: false };
}

function cut(uid: string, label: string, at: string): Entry {
  const edit: NewEdit = { kind: "cut", uid, label, base_revision: 1, at: [at] };
  return { kind: "edit", key: uid, edit, sent: false };
}

function deletion(uid: string, label: string): Entry {
  const edit: NewEdit = { kind: "delete", uid, labels: [{ label, base_revision: 1 }] };
  return { kind: "edit", key: uid, edit, sent: false };
}

interface Call {
  readonly what: string;
  readonly ok: (edit?: Edit) => void;
  readonly fail: (error: Error) => void;
}

function opened(storage: { entries: readonly Entry[] } = { entries: [] }) {
  const calls: Call[] = [];
  const told: string[] = [];
  const call = <T>(what: string): Promise<T> =>
    new Promise<T>((resolve, reject) => {
      calls.push({ what, ok: (edit) => resolve(edit as T), fail: reject });
    });
  const outbox = new Outbox(
    {
      send: (message) => call(`${message.type} ${"step" in message ? message.step : ""}`.trim()),
      edit: (edit) => call(`${edit.kind} ${edit.uid}`),
    },
    {
      read: () => storage.entries,
      write: (entries) => {
        // As localStorage does it: what is kept is a copy.
        storage.entries = JSON.parse(JSON.stringify(entries));
      },
    },
    {
      changed: () => undefined,
      confirmed: (entry) => told.push(`confirmed ${entry.key}`),
      refused: (entry) => told.push(`refused ${entry.key}`),
      caughtUp: (count) => told.push(`caught up ${count}`),
    },
  );
  return { outbox, calls, told, storage, asked: () => calls.map((one) => one.what) };
}

describe("sending", () => {
  test("messages go out at once, one after the other, without waiting for answers", () => {
    const { outbox, asked } = opened();
    outbox.connected(new Map());
    void outbox.add(click("d", 1));
    void outbox.add(click("d", 2));
    expect(asked()).toEqual(["draft.click 1", "draft.click 2"]);
  });

  test("an edit waits for the messages before it, and what comes after waits for the edit", async () => {
    const { outbox, calls, asked } = opened();
    outbox.connected(new Map());
    void outbox.add(click("d", 1));
    void outbox.add(deletion("e", "label"));
    void outbox.add(click("d", 2));
    expect(asked()).toEqual(["draft.click 1"]);
    calls[0]?.ok();
    await settle();
    expect(asked()).toEqual(["draft.click 1", "delete e"]);
    calls[1]?.ok(exampleEdit("e", [exampleLabel()]));
    await settle();
    expect(asked()).toEqual(["draft.click 1", "delete e", "draft.click 2"]);
  });

  test("the promise of an edit brings what the server made of it", async () => {
    const { outbox, calls } = opened();
    outbox.connected(new Map());
    const done = outbox.add(deletion("e", "label"));
    calls[0]?.ok(exampleEdit("e", []));
    expect((await done)?.uid).toBe("e");
  });
});

describe("without a connection", () => {
  test("entries are kept, and sent in order once it is there", async () => {
    const { outbox, calls, asked, told, storage } = opened();
    void outbox.add(click("d", 1));
    void outbox.add(click("d", 2));
    expect(asked()).toEqual([]);
    expect(storage.entries).toHaveLength(2);
    outbox.connected(new Map());
    for (const call of calls) call.ok();
    await settle();
    expect(asked()).toEqual(["draft.click 1", "draft.click 2"]);
    expect(storage.entries).toEqual([]);
    expect(told).toContain("caught up 2");
  });

  test("a new page takes up what the old one kept", () => {
    const storage: { entries: readonly Entry[] } = { entries: [] };
    void opened(storage).outbox.add(click("d", 1));
    const { outbox, asked } = opened(storage);
    outbox.connected(new Map());
    expect(asked()).toEqual(["draft.click 1"]);
  });

  test("what was sent but not confirmed is sent again", async () => {
    const { outbox, calls, asked } = opened();
    outbox.connected(new Map());
    void outbox.add(click("d", 1));
    calls[0]?.fail(new OfflineError());
    outbox.disconnected();
    await settle();
    outbox.connected(new Map());
    expect(asked()).toEqual(["draft.click 1", "draft.click 1"]);
  });

  test("what the server's draft shows to have arrived is not sent again", async () => {
    const { outbox, calls, asked, told } = opened();
    outbox.connected(new Map());
    const entries = [click("d", 1, "one"), click("d", 2, "two"), click("d", 3, "three")];
    const done = entries.map((entry) => outbox.add(entry));
    for (const call of calls) call.fail(new OfflineError());
    outbox.disconnected();
    await settle();
    outbox.connected(new Map([["d", "two"]]));
    await done[0];
    await done[1];
    expect(told.slice(0, 2)).toEqual(["confirmed d 1", "confirmed d 2"]);
    expect(asked().slice(3)).toEqual(["draft.click 3"]);
  });

  test("an edit whose answer was lost is tried again with the same id", async () => {
    const { outbox, calls, asked } = opened();
    outbox.connected(new Map());
    void outbox.add(deletion("e", "label"));
    calls[0]?.fail(new OfflineError());
    await settle();
    outbox.disconnected();
    outbox.connected(new Map());
    expect(asked()).toEqual(["delete e", "delete e"]);
  });

  test("a session that ended keeps the entries", async () => {
    const { outbox, calls, storage, told } = opened();
    outbox.connected(new Map());
    void outbox.add(deletion("e", "label"));
    calls[0]?.fail(new ApiError(401, "not_signed_in", "You were signed out."));
    await settle();
    expect(storage.entries).toHaveLength(1);
    expect(told).toEqual([]);
    outbox.disconnected();
  });
});

describe("a refusal", () => {
  test("drops the later entries of the same draft, and no others", async () => {
    const { outbox, calls, told, storage } = opened();
    outbox.connected(new Map());
    const first = outbox.add(click("d", 1));
    const second = outbox.add(click("d", 2));
    void outbox.add(click("other", 1));
    calls[0]?.fail(new ApiError(0, "conflict", "No."));
    await expect(first).rejects.toThrow("No.");
    await expect(second).rejects.toBeInstanceOf(DroppedError);
    expect(told).toEqual(["refused d 1"]);
    expect(storage.entries.map((entry) => entry.key)).toEqual(["other 1"]);
  });

  test("of a cut drops what follows on the label that was to give way, not on the other", async () => {
    const { outbox, calls, storage } = opened();
    outbox.connected(new Map());
    const refused = outbox.add(cut("e1", "a", "b"));
    const dropped = outbox.add(cut("e2", "a", "c"));
    void outbox.add(deletion("e3", "b"));
    calls[0]?.fail(new ApiError(409, "conflict", "No."));
    await expect(refused).rejects.toThrow("No.");
    await expect(dropped).rejects.toBeInstanceOf(DroppedError);
    expect(storage.entries.map((entry) => entry.key)).toEqual(["e3"]);
  });

  test("lets the next edit go out", async () => {
    const { outbox, calls, asked } = opened();
    outbox.connected(new Map());
    const first = outbox.add(deletion("e1", "a"));
    void outbox.add(deletion("e2", "b"));
    calls[0]?.fail(new ApiError(403, "not_allowed", "No."));
    await expect(first).rejects.toThrow("No.");
    expect(asked()).toEqual(["delete e1", "delete e2"]);
  });
});
