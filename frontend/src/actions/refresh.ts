import { api } from "../api/client";
import { setImages, setJobs } from "../state/jobs";
import { project, setProject, setSummary } from "../state/project";
import { report } from "./report";

const SUMMARY_DELAY_MS = 400;

let timer: ReturnType<typeof setTimeout> | undefined;

/** Classes, layers, members or settings changed. */
export async function refreshProject(): Promise<void> {
  const uid = project.peek()?.uid;
  if (uid === undefined) return;
  try {
    const fresh = await api.project(uid);
    if (project.peek()?.uid === uid) setProject(fresh);
  } catch (error) {
    report(error);
  }
}

/** Fetches the counts a moment later: many edits may come at once. */
export function refreshSummary(): void {
  clearTimeout(timer);
  timer = setTimeout(() => void fetchSummary(), SUMMARY_DELAY_MS);
}

async function fetchSummary(): Promise<void> {
  const uid = project.peek()?.uid;
  if (uid === undefined) return;
  try {
    const fresh = await api.summary(uid);
    if (project.peek()?.uid === uid) setSummary(fresh);
  } catch (error) {
    report(error);
  }
}

export async function refreshWork(): Promise<void> {
  const uid = project.peek()?.uid;
  if (uid === undefined) return;
  try {
    const [jobs, images] = await Promise.all([api.jobs(uid), api.images(uid)]);
    if (project.peek()?.uid !== uid) return;
    setJobs(jobs);
    setImages(images);
  } catch (error) {
    report(error);
  }
}
