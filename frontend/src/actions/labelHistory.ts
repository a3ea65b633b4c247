import { api, type EditRow } from "../api/client";
import { project } from "../state/project";

/** What was done to a label, newest first. */
export async function loadLabelHistory(uid: string): Promise<readonly EditRow[]> {
  const open = project.peek();
  return open === null ? [] : api.labelHistory(open.uid, uid);
}
