import { signal } from "@preact/signals";
import { api, type Label } from "../api/client";
import { uuid7 } from "../api/uuid";
import { putLabels, select } from "../state/labels";
import { notify } from "../state/notices";
import { preferences } from "../state/preferences";
import { project } from "../state/project";
import { neighbour, reviewed, reviewFilters, setReviewed, setReviewFetched } from "../state/review";
import { navigate } from "../state/route";
import { me } from "../state/session";
import { setTool } from "../state/tool";
import { sendMyEdit } from "./myEdit";
import { report } from "./report";
import { showLabel } from "./show";

/** Grows by one whenever the person wants to write why a label goes back. */
export const returnRequest = signal(0);

/** Fetches the labels in the filtered state, and opens the first where none is open. */
export async function loadReviewQueue(): Promise<void> {
  const uid = project.peek()?.uid;
  if (uid === undefined) return;
  const { state, mine } = reviewFilters.peek();
  setReviewFetched(null);
  try {
    const found = await api.labelsInState(uid, state, mine);
    putLabels(found.labels);
    setReviewFetched(
      found.labels.map((label) => label.uid),
      found.truncated,
    );
    if (reviewed.peek() === null) nextInReview();
  } catch (error) {
    report(error);
  }
}

/** Opens a label for review; the map frames it once, unless it is to stay where it is. */
export function openReviewed(uid: string): void {
  setReviewed(uid);
  select([uid]);
  const label = reviewed.peek();
  if (label !== null && !preferences.peek().stayInReview) showLabel(label);
}

export function nextInReview(): void {
  const label = neighbour(1);
  if (label !== null) openReviewed(label.uid);
}

export function previousInReview(): void {
  const label = neighbour(-1);
  if (label !== null) openReviewed(label.uid);
}

/** Why this person may not decide on a label; null when they may. */
export function decideHindrance(label: Label | null): string | null {
  if (label === null) return "No label is open.";
  const open = project.value;
  if (open === null || open.role !== "manager") return "A manager decides on labels.";
  const own = label.created_by.uid === me.value?.uid;
  if (own && !open.settings.own_review_allowed && open.members.length > 1) {
    return "Nobody accepts their own labels in this project.";
  }
  return null;
}

export function accept(): void {
  decide("accepted", "");
}

/** Opens the comment for a return. */
export function askReturn(): void {
  if (decideHindrance(reviewed.peek()) === null) returnRequest.value += 1;
}

export function returnLabel(comment: string): void {
  decide("returned", comment);
}

function decide(decision: "accepted" | "returned", comment: string): void {
  const label = reviewed.peek();
  if (label === null) return;
  const hindrance = decideHindrance(label);
  if (hindrance !== null) {
    notify(hindrance);
    return;
  }
  const next = neighbour(1);
  void sendMyEdit(
    {
      kind: "review",
      uid: uuid7(),
      label: label.uid,
      revision: label.revision,
      decision,
      comment,
    },
    `${decision === "accepted" ? "Accepted" : "Returned"} #${label.number}.`,
  );
  if (!preferences.peek().nextAfterDecision) return;
  if (next === null) setReviewed(null);
  else openReviewed(next.uid);
}

/** Opens the label on the labelling page, selected, to be mended by the reviewer. */
export function fixReviewed(): void {
  const label = reviewed.peek();
  const uid = project.peek()?.uid;
  if (label === null || uid === undefined) return;
  navigate(`/p/${uid}`);
  setTool("select");
  select([label.uid]);
}
