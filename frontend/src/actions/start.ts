import { effect } from "@preact/signals";
import { api, whenSignedOut } from "../api/client";
import { tickWhileComputing } from "../state/draftBar";
import { keepPreferences } from "../state/preferences";
import { followHistory, navigate, route, routeProject } from "../state/route";
import { session, setSession, setSessionEnded } from "../state/session";
import { place } from "../state/view";
import { listenToKeys } from "./keyboard";
import { loadLabelsInView } from "./loadLabels";
import { leaveProject, openProject } from "./openProject";
import { keepPermalink } from "./permalink";
import { report } from "./report";

/** Sets everything going: session, pages, keys, labels of the view, address. */
export function startApp(): void {
  whenSignedOut(setSessionEnded);
  followHistory();
  keepPreferences();
  tickWhileComputing();
  listenToKeys();
  keepPermalink();
  effect(() => {
    if (place.value !== null) loadLabelsInView();
  });
  effect(() => {
    const known = session.value;
    if (known === null) return;
    if (known.user === null) {
      if (route.value.page !== "signin") queueMicrotask(() => navigate("/signin"));
      queueMicrotask(leaveProject);
      return;
    }
    const uid = routeProject.value;
    queueMicrotask(() => (uid === null ? leaveProject() : void openProject(uid)));
  });
  api.session().then(setSession, report);
}
