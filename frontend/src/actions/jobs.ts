import { api } from "../api/client";
import { putJob } from "../state/jobs";
import { project } from "../state/project";
import { report } from "./report";

export async function cancelJob(job: string): Promise<void> {
  const open = project.peek();
  if (open === null) return;
  try {
    putJob(await api.cancelJob(open.uid, job));
  } catch (error) {
    report(error);
  }
}
