import { api } from "../api/client";
import { forgetBefore, setBefore } from "../state/before";
import { project } from "../state/project";
import { report } from "./report";

/** Fetches how a label was before, so that it is here when Y is pressed; returns how to forget it. */
export function followBefore(label: string): () => void {
  const uid = project.peek()?.uid;
  if (uid === undefined) return forgetBefore;
  let wanted = true;
  api.labelBefore(uid, label).then(
    (before) => {
      if (wanted) setBefore(label, before);
    },
    (error: unknown) => {
      if (wanted) report(error);
    },
  );
  return () => {
    wanted = false;
    forgetBefore();
  };
}
