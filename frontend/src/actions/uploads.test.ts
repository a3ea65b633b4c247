import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ApiError, api, type Image, OfflineError, type Project, type Session } from "../api/client";
import { type Listener, StoppedError } from "../api/sendFile";
import { images, setImages } from "../state/jobs";
import { keepUpload, keptUploads } from "../state/keptUploads";
import { setProject } from "../state/project";
import { setSession } from "../state/session";
import { unfinished, uploads } from "../state/uploads";
import { settle } from "../testing/settle";
import {
  cancelUnfinished,
  cancelUpload,
  findUnfinished,
  pauseUpload,
  resumeUpload,
  uploadFiles,
} from "./uploads";

/** The line to the server; each sending waits until the test lets it end. */
interface Sent {
  readonly name: string;
  readonly address: string | null;
  readonly listener: Listener;
  readonly end: (upload: string) => void;
  readonly fail: (error: Error) => void;
}

const line = vi.hoisted(() => ({
  sent: [] as Sent[],
  measured: new Map<string, number | null>(),
  givenUp: [] as string[],
}));

vi.mock("../api/sendFile", async (original) => ({
  ...(await original<typeof import("../api/sendFile")>()),
  sendFile: (_project: string, file: File, address: string | null, listener: Listener) => {
    let fail: (error: Error) => void = () => undefined;
    const done = new Promise<string>((end, reject) => {
      fail = reject;
      line.sent.push({ name: file.name, address, listener, end, fail });
    });
    return { done, stop: () => fail(new StoppedError()) };
  },
  measureUpload: (address: string) => Promise.resolve(line.measured.get(address) ?? null),
  giveUpUpload: (address: string) => {
    line.givenUp.push(address);
    return Promise.resolve();
  },
}));

const addImages = vi.spyOn(api, "addImages");
const image = { uid: "1", name: "a.tif" } as Image;

function file(name: string, size = 100, lastModified = 5): File {
  return new File(["x".repeat(size)], name, { lastModified });
}

function sent(index: number): Sent {
  const found = line.sent[index];
  if (found === undefined) throw new Error(`There is no sending ${index}.`);
  return found;
}

function only() {
  const [upload, ...more] = uploads.value;
  if (upload === undefined || more.length > 0) throw new Error("There is not one upload.");
  return upload;
}

beforeEach(() => {
  localStorage.clear();
  line.sent.length = 0;
  line.givenUp.length = 0;
  line.measured.clear();
  setSession({ user: { uid: "ana" }, csrf_token: "token" } as Session);
  setProject({ uid: "p", role: "annotator" } as Project);
  setImages([]);
  addImages.mockReset().mockResolvedValue([image]);
});

afterEach(async () => {
  for (const { id } of uploads.value) cancelUpload(id);
  await settle();
});

describe("uploading", () => {
  it("sends files that belong together one after the other, and makes one image of them", async () => {
    uploadFiles([file("A.tif"), file("a.tfw", 10), file("A.tif.msk", 20)]);
    expect(only().names).toEqual(["A.tif", "a.tfw", "A.tif.msk"]);
    for (const [index, uid] of ["u1", "u2", "u3"].entries()) {
      expect(line.sent).toHaveLength(index + 1);
      sent(index).end(uid);
      await settle();
    }
    expect(addImages).toHaveBeenCalledWith("p", ["u1", "u2", "u3"]);
    expect(uploads.value).toEqual([]);
    expect(images.value).toEqual([image]);
  });

  it("sends two at a time and counts their bytes", async () => {
    uploadFiles([file("a.tif"), file("b.tif"), file("c.tif")]);
    expect(uploads.value.map(({ state }) => state)).toEqual(["sending", "sending", "queued"]);
    sent(0).listener.sent(62);
    expect(uploads.value[0]).toMatchObject({ sent: 62, total: 100 });
    sent(0).end("u1");
    await settle();
    expect(uploads.value.map(({ names }) => names[0])).toEqual(["b.tif", "c.tif"]);
    expect(line.sent.map(({ name }) => name)).toEqual(["a.tif", "b.tif", "c.tif"]);
  });

  it("goes on after a pause where it was", async () => {
    uploadFiles([file("a.tif")]);
    sent(0).listener.addressed("/u/1");
    sent(0).listener.sent(40);
    pauseUpload(only().id);
    await settle();
    expect(only()).toMatchObject({ state: "paused", sent: 40 });

    resumeUpload(only().id);
    expect(sent(1)).toMatchObject({ name: "a.tif", address: "/u/1" });
    sent(1).listener.sent(41);
    expect(only()).toMatchObject({ state: "sending", startedWith: 41 });
  });

  it("can be resumed after it failed", async () => {
    uploadFiles([file("a.tif")]);
    sent(0).fail(new ApiError(422, "bad_input", "41 GB is over your 20 GB."));
    await settle();
    expect(only()).toMatchObject({ state: "failed", failure: "41 GB is over your 20 GB." });

    resumeUpload(only().id);
    sent(1).end("u1");
    await settle();
    expect(uploads.value).toEqual([]);
  });

  it("says when the connection is lost, and when it is back", () => {
    uploadFiles([file("a.tif")]);
    sent(0).listener.lost();
    expect(only().state).toBe("lost");
    sent(0).listener.sent(1);
    expect(only().state).toBe("sending");
  });

  it("asks for the images again when their answer was lost", async () => {
    addImages.mockRejectedValueOnce(new OfflineError());
    uploadFiles([file("a.tif")]);
    sent(0).listener.addressed("/u/1");
    sent(0).end("u1");
    await settle();
    expect(only().state).toBe("failed");
    resumeUpload(only().id);
    expect(sent(1).address).toBe("/u/1");
  });

  it("leaves nothing when it is cancelled", async () => {
    uploadFiles([file("a.tif")]);
    sent(0).listener.addressed("/u/1");
    cancelUpload(only().id);
    await settle();
    expect(uploads.value).toEqual([]);
    expect(line.givenUp).toEqual(["/u/1"]);
    expect(keptUploads("ana", "p")).toEqual([]);
    expect(addImages).not.toHaveBeenCalled();
  });

  it("forgets an address that the server no longer knows", () => {
    uploadFiles([file("a.tif")]);
    sent(0).listener.addressed("/u/1");
    sent(0).listener.addressed("/u/2");
    expect(keptUploads("ana", "p").map(({ address }) => address)).toEqual(["/u/2"]);
  });
});

describe("a file that was begun before the page was loaded", () => {
  const kept = { user: "ana", project: "p", name: "a.tif", size: 100, modified: 5 };

  beforeEach(async () => {
    keepUpload({ ...kept, address: "/u/1" });
    keepUpload({ ...kept, name: "old.tif", address: "/u/2" });
    keepUpload({ ...kept, user: "max", address: "/u/3" });
    line.measured.set("/u/1", 62).set("/u/3", 5);
    await findUnfinished();
  });

  afterEach(() => {
    for (const { address } of unfinished.value) cancelUnfinished(address);
  });

  it("is listed with what the server has; what it has no more is forgotten", () => {
    expect(unfinished.value).toEqual([
      { address: "/u/1", project: "p", name: "a.tif", sent: 62, total: 100 },
    ]);
    expect(keptUploads("ana", "p").map(({ address }) => address)).toEqual(["/u/1"]);
    expect(keptUploads("max", "p")).toHaveLength(1);
  });

  it("goes on when the same file is chosen", () => {
    uploadFiles([file("a.tif")]);
    expect(sent(0).address).toBe("/u/1");
    expect(unfinished.value).toEqual([]);
  });

  it("is not mixed with a file of that name that was changed since", () => {
    uploadFiles([file("a.tif", 100, 6)]);
    expect(sent(0).address).toBeNull();
    expect(unfinished.value).toHaveLength(1);
  });

  it("is removed from the server when it is cancelled", () => {
    cancelUnfinished("/u/1");
    expect(line.givenUp).toEqual(["/u/1"]);
    expect(unfinished.value).toEqual([]);
  });
});
