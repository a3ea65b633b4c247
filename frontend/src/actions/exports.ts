import { api, type ExportChoice, type ExportPreview, type Job } from "../api/client";
import { putJob } from "../state/jobs";
import { project } from "../state/project";

function openUid(): string {
  const open = project.peek();
  if (open === null) throw new Error("No project is open.");
  return open.uid;
}

/** What an export would hold; with null in the state that the project proposes. */
export function previewExport(state: ExportChoice["state"] | null): Promise<ExportPreview> {
  return api.exportPreview(openUid(), state);
}

export async function startExport(choice: ExportChoice): Promise<Job> {
  const job = await api.startExport(openUid(), choice);
  putJob(job);
  return job;
}

export function exportFileUrl(job: string): string {
  return api.exportFile(openUid(), job);
}

export function exportSummaryUrl(job: string): string {
  return api.exportSummary(openUid(), job);
}
