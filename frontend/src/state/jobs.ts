import { computed, signal } from "@preact/signals";
import type { Image, Job } from "../api/client";

const jobMap = signal<ReadonlyMap<string, Job>>(new Map());
const imageMap = signal<ReadonlyMap<string, Image>>(new Map());

/** Jobs of the open project, newest first. */
export const jobs = computed<readonly Job[]>(() =>
  [...jobMap.value.values()].sort((a, b) => b.created_at.localeCompare(a.created_at)),
);
/** Images of the open project, in the order they were sent. */
export const images = computed<readonly Image[]>(() =>
  [...imageMap.value.values()].sort((a, b) => a.uid.localeCompare(b.uid)),
);

export function setJobs(values: readonly Job[]): void {
  jobMap.value = new Map(values.map((job) => [job.uid, further(job)]));
}

export function putJob(job: Job): void {
  jobMap.value = new Map(jobMap.value).set(job.uid, further(job));
}

/** The news of a job's end may overtake the answer to the request that began it. */
function further(job: Job): Job {
  const known = jobMap.value.get(job.uid);
  return known !== undefined && known.finished_at !== null && job.finished_at === null
    ? known
    : job;
}

export function setImages(values: readonly Image[]): void {
  imageMap.value = new Map(values.map((image) => [image.uid, image]));
}

export function putImage(image: Image): void {
  imageMap.value = new Map(imageMap.value).set(image.uid, image);
}

export function dropImage(uid: string): void {
  const rest = new Map(imageMap.value);
  rest.delete(uid);
  imageMap.value = rest;
}
