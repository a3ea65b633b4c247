import { beforeEach, expect, test } from "vitest";
import type { Job } from "../api/client";
import { jobs, putJob, setJobs } from "./jobs";

const WAITING: Job = {
  uid: "job-1",
  kind: "export_labels",
  state: "queued",
  stage: "",
  progress: 0,
  sentence: "",
  created_at: "2026-01-05T10:00:00Z",
  finished_at: null,
  created_by: "Ana Ruiz",
  subject: "GeoPackage",
  download: null,
};
const DONE: Job = {
  ...WAITING,
  state: "done",
  progress: 1,
  finished_at: "2026-01-05T10:00:01Z",
  download: "/api/projects/p/exports/job-1/file",
};

beforeEach(() => setJobs([]));

test("a job's end that came before the answer to its request stays", () => {
  putJob(DONE);
  putJob(WAITING);
  expect(jobs.value).toEqual([DONE]);
  setJobs([WAITING]);
  expect(jobs.value).toEqual([DONE]);
});

test("a job that was given back waits again", () => {
  putJob({ ...WAITING, state: "running", progress: 0.5 });
  putJob(WAITING);
  expect(jobs.value).toEqual([WAITING]);
});
