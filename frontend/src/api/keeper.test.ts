import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { claimKeeper } from "./keeper";
import type { Entry } from "./outbox";

const ENTRY: Entry = {
  kind: "edit",
  key: "e",
  edit: { kind: "undo", uid: "e", edit: "before" },
  sent: false,
};

beforeEach(() => localStorage.clear());
afterEach(() => vi.unstubAllGlobals());

/** Locks as browsers give them to pages of a secure origin, for one page. */
function withLocks(): void {
  const held = new Set<string>();
  vi.stubGlobal("navigator", {
    locks: {
      request: async (name: string, _: object, then: (lock: object | null) => Promise<void>) => {
        if (held.has(name)) return then(null);
        held.add(name);
        await then({ name });
        held.delete(name);
      },
    },
  });
}

test("what another tab still holds is left to it", async () => {
  withLocks();
  const first = await claimKeeper("segmap.outbox.ana.p");
  first.write([ENTRY]);
  expect((await claimKeeper("segmap.outbox.ana.p")).read()).toEqual([]);
  expect(first.read()).toEqual([ENTRY]);
  first.release();
  await Promise.resolve();
  await Promise.resolve();
  expect((await claimKeeper("segmap.outbox.ana.p")).read()).toEqual([ENTRY]);
});

test("what a closed tab left is taken over, once", async () => {
  const first = await claimKeeper("segmap.outbox.ana.p");
  first.write([ENTRY]);
  first.release();
  const second = await claimKeeper("segmap.outbox.ana.p");
  expect(second.read()).toEqual([ENTRY]);
  second.write([]);
  second.release();
  expect((await claimKeeper("segmap.outbox.ana.p")).read()).toEqual([]);
});

test("another person's and another project's entries are left alone", async () => {
  (await claimKeeper("segmap.outbox.ben.p")).write([ENTRY]);
  (await claimKeeper("segmap.outbox.ana.q")).write([ENTRY]);
  expect((await claimKeeper("segmap.outbox.ana.p")).read()).toEqual([]);
});

test("unreadable leftovers are no entries", async () => {
  localStorage.setItem("segmap.outbox.ana.p.0", "{");
  expect((await claimKeeper("segmap.outbox.ana.p")).read()).toEqual([]);
});
