import { api } from "../api/client";
import { putLabels } from "../state/labels";
import { setReturnedToMe } from "../state/myWork";
import { project } from "../state/project";
import { report } from "./report";

/** Fetches the labels of mine that came back from review. */
export async function loadReturned(): Promise<void> {
  const uid = project.peek()?.uid;
  if (uid === undefined) return;
  try {
    const found = await api.labelsInState(uid, "returned", true);
    if (project.peek()?.uid !== uid) return;
    putLabels(found.labels);
    setReturnedToMe(found.labels.map((label) => label.uid));
  } catch (error) {
    report(error);
  }
}
