import { ApiError, api, OfflineError } from "../api/client";
import { setConflict } from "../state/conflict";
import { setEngine } from "../state/connection";
import { clearDrafts } from "../state/draft";
import { openHistory } from "../state/history";
import { setImages, setJobs } from "../state/jobs";
import { clearLabels } from "../state/labels";
import { setProject, setProjectFailure } from "../state/project";
import { NO_FILTERS, setReviewed, setReviewFetched, setReviewFilters } from "../state/review";
import { me, setSession, setSessionEnded } from "../state/session";
import { clearTypedNotes } from "../state/typedNotes";
import { clearView } from "../state/view";
import { openLink, setLink } from "./link";
import { applyPermalink, readPermalink } from "./permalink";
import { forgetHeard, receive, refused } from "./receive";
import { refreshSummary, refreshWork } from "./refresh";

let wanted: string | null = null;
let openFor: string | null = null;
let stopPermalink: () => void = () => undefined;

/** Opens a project: what it is, its line to the server, and what was left unsent. */
export async function openProject(uid: string): Promise<void> {
  const user = me.peek();
  if (user === null || (wanted === uid && openFor === user.uid)) return;
  leaveProject();
  wanted = uid;
  openFor = user.uid;
  const address = readPermalink(window.location.search);
  try {
    const found = await api.project(uid);
    if (wanted !== uid) return;
    openHistory(user.uid, uid);
    setProject(found);
    stopPermalink = applyPermalink(address);
  } catch (error) {
    if (!(error instanceof ApiError) && !(error instanceof OfflineError)) throw error;
    if (wanted === uid) {
      wanted = null;
      setProjectFailure(error.message);
    }
    return;
  }
  refreshSummary();
  void refreshWork();
  await openLink(user.uid, uid, {
    message: receive,
    refused,
    lost: askSession,
    wanted: () => wanted === uid,
  });
}

/** The line broke: a session that ended looks the same from here as a server that is away. */
function askSession(): void {
  api.session().then(
    (session) => {
      if (session.user === null) setSessionEnded();
      else setSession(session);
    },
    () => undefined,
  );
}

export function leaveProject(): void {
  wanted = null;
  stopPermalink();
  setLink(null);
  forgetHeard();
  clearDrafts();
  clearLabels();
  clearTypedNotes();
  clearView();
  setEngine(null);
  setJobs([]);
  setImages([]);
  setReviewFetched(null);
  setReviewFilters(NO_FILTERS);
  setReviewed(null);
  setConflict(null);
  setProject(null);
}
