import { computed, signal } from "@preact/signals";
import { project } from "./project";

/** `lost`: the connection is gone, it is tried again. `done`: whole, and on its way to an image. */
export type UploadState = "queued" | "sending" | "lost" | "paused" | "done" | "failed";

/** Files of this page that make one image, on their way to the server. */
export interface Upload {
  readonly id: string;
  readonly project: string;
  readonly names: readonly string[];
  readonly sent: number;
  readonly total: number;
  readonly state: UploadState;
  /** When bytes began to move last, and how many were there then: for the rate. */
  readonly startedAt: number;
  readonly startedWith: number;
  /** Why it failed; empty otherwise. */
  readonly failure: string;
}

/** A file that the server has in part, begun before the page was loaded. */
export interface Unfinished {
  readonly address: string;
  readonly project: string;
  readonly name: string;
  readonly sent: number;
  readonly total: number;
}

const uploadMap = signal<ReadonlyMap<string, Upload>>(new Map());
const begun = signal<readonly Unfinished[]>([]);

/** Uploads into the open project. */
export const uploads = computed<readonly Upload[]>(() =>
  [...uploadMap.value.values()].filter((upload) => upload.project === project.value?.uid),
);
/** Files of the open project that go on when they are chosen again. */
export const unfinished = computed<readonly Unfinished[]>(() =>
  begun.value.filter((file) => file.project === project.value?.uid),
);

export function putUpload(upload: Upload): void {
  uploadMap.value = new Map(uploadMap.value).set(upload.id, upload);
}

export function changeUpload(id: string, change: Partial<Upload>): void {
  const known = uploadMap.peek().get(id);
  if (known !== undefined) putUpload({ ...known, ...change });
}

export function dropUpload(id: string): void {
  const rest = new Map(uploadMap.value);
  rest.delete(id);
  uploadMap.value = rest;
}

export function putUnfinished(file: Unfinished): void {
  begun.value = [...begun.peek().filter(({ address }) => address !== file.address), file];
}

export function dropUnfinished(address: string): void {
  begun.value = begun.peek().filter((file) => file.address !== address);
}
