import { ApiError, api, OfflineError } from "../api/client";
import { giveUpUpload, measureUpload, type Sending, StoppedError, sendFile } from "../api/sendFile";
import { uuid7 } from "../api/uuid";
import { putImage } from "../state/jobs";
import { addressOf, forgetUpload, keepUpload, keptUploads } from "../state/keptUploads";
import { project } from "../state/project";
import { me } from "../state/session";
import {
  changeUpload,
  dropUnfinished,
  dropUpload,
  putUnfinished,
  putUpload,
} from "../state/uploads";

/** The browser has six connections to the server: tiles need some of them. */
const MOST_AT_A_TIME = 2;

/** What is sent for one row of `uploads`. */
interface Work {
  readonly id: string;
  readonly user: string;
  readonly project: string;
  readonly files: readonly File[];
  /** Where the server has each file; null where it has not begun. */
  readonly addresses: (string | null)[];
  /** The file that is being sent, and how to stop it. */
  sending: Sending | null;
  /** Whether the next bytes are the first since it was started. */
  isFresh: boolean;
}

const works = new Map<string, Work>();
const queue: Work[] = [];
const running = new Set<Work>();

/** Sends files; those that belong together make one row of `uploads`. */
export function uploadFiles(files: readonly File[]): void {
  const open = project.peek();
  const user = me.peek();
  if (open === null || user === null) return;
  for (const group of grouped(files)) {
    const addresses = group.map((file) => freeAddress(addressOf(user.uid, open.uid, file)));
    for (const address of addresses) if (address !== null) dropUnfinished(address);
    const work: Work = {
      id: uuid7(),
      user: user.uid,
      project: open.uid,
      files: group,
      addresses,
      sending: null,
      isFresh: true,
    };
    works.set(work.id, work);
    putUpload({
      id: work.id,
      project: open.uid,
      names: group.map((file) => file.name),
      sent: 0,
      total: group.reduce((sum, file) => sum + file.size, 0),
      state: "queued",
      startedAt: Date.now(),
      startedWith: 0,
      failure: "",
    });
    queue.push(work);
  }
  startNext();
}

/** Stops an upload; what the server has, it keeps. */
export function pauseUpload(id: string): void {
  const work = works.get(id);
  if (work === undefined) return;
  changeUpload(id, { state: "paused" });
  halt(work);
}

/** Goes on with an upload that was paused or failed. */
export function resumeUpload(id: string): void {
  const work = works.get(id);
  if (work === undefined || running.has(work) || queue.includes(work)) return;
  changeUpload(id, { state: "queued", failure: "" });
  queue.push(work);
  startNext();
}

/** Takes an upload away, here and on the server. */
export function cancelUpload(id: string): void {
  const work = works.get(id);
  if (work === undefined) return;
  works.delete(id);
  dropUpload(id);
  halt(work);
  for (const address of work.addresses) if (address !== null) void giveUp(address);
}

/** Looks for files that were begun before the page was loaded. */
export async function findUnfinished(): Promise<void> {
  const open = project.peek();
  const user = me.peek();
  if (open === null || user === null) return;
  for (const { address, name, size } of keptUploads(user.uid, open.uid)) {
    if (freeAddress(address) === null) continue;
    try {
      const sent = await measureUpload(address);
      if (sent === null) forgetUpload(address);
      else if (freeAddress(address) !== null)
        putUnfinished({ address, project: open.uid, name, sent, total: size });
    } catch (error) {
      // It is shown when the page is loaded the next time.
      if (!(error instanceof ApiError) && !(error instanceof OfflineError)) throw error;
    }
  }
}

/** Takes a file away that was begun before the page was loaded. */
export function cancelUnfinished(address: string): void {
  dropUnfinished(address);
  void giveUp(address);
}

function giveUp(address: string): Promise<void> {
  forgetUpload(address);
  return giveUpUpload(address);
}

function halt(work: Work): void {
  const place = queue.indexOf(work);
  if (place >= 0) queue.splice(place, 1);
  work.sending?.stop();
  work.sending = null;
}

/** The address, unless a row of this page sends there already. */
function freeAddress(address: string | null): string | null {
  const taken = [...works.values()].some((work) => work.addresses.includes(address));
  return taken ? null : address;
}

function startNext(): void {
  while (running.size < MOST_AT_A_TIME) {
    const work = queue.shift();
    if (work === undefined) return;
    running.add(work);
    void send(work).finally(() => {
      running.delete(work);
      startNext();
    });
  }
}

async function send(work: Work): Promise<void> {
  changeUpload(work.id, { state: "sending" });
  try {
    const uploaded: string[] = [];
    for (const index of work.files.keys()) uploaded.push(await sendOne(work, index));
    changeUpload(work.id, { state: "done" });
    const images = await api.addImages(work.project, uploaded);
    for (const address of work.addresses) if (address !== null) forgetUpload(address);
    works.delete(work.id);
    dropUpload(work.id);
    if (project.peek()?.uid === work.project) for (const image of images) putImage(image);
  } catch (error) {
    if (error instanceof StoppedError) return;
    if (!(error instanceof ApiError) && !(error instanceof OfflineError)) throw error;
    changeUpload(work.id, { state: "failed", failure: error.message });
  }
}

async function sendOne(work: Work, index: number): Promise<string> {
  const file = work.files[index];
  if (file === undefined || !works.has(work.id)) throw new StoppedError();
  const before = work.files.slice(0, index).reduce((sum, one) => sum + one.size, 0);
  work.isFresh = true;
  work.sending = sendFile(work.project, file, work.addresses[index] ?? null, {
    addressed: (address) => {
      const old = work.addresses[index];
      if (old && old !== address) forgetUpload(old);
      work.addresses[index] = address;
      const { name, size, lastModified: modified } = file;
      keepUpload({ user: work.user, project: work.project, name, size, modified, address });
    },
    sent: (bytes) => {
      if (work.sending === null) return; // stopped: a late word of it
      const sent = before + bytes;
      const fresh = { startedAt: Date.now(), startedWith: sent };
      changeUpload(work.id, { sent, state: "sending", ...(work.isFresh ? fresh : {}) });
      work.isFresh = false;
    },
    lost: () => {
      if (work.sending === null) return;
      work.isFresh = true;
      changeUpload(work.id, { state: "lost" });
    },
  });
  try {
    return await work.sending.done;
  } finally {
    work.sending = null;
  }
}

/** Files whose names differ in their endings only: a.tif, a.tfw, a.tif.msk. The server decides. */
function grouped(files: readonly File[]): File[][] {
  const groups = new Map<string, File[]>();
  for (const file of files) {
    const stem = file.name
      .toLowerCase()
      .replace(/\.(msk|ovr|aux\.xml)$/, "")
      .replace(/\.[^.]*$/, "");
    groups.set(stem, [...(groups.get(stem) ?? []), file]);
  }
  return [...groups.values()];
}
