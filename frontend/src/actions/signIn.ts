import { api } from "../api/client";
import { navigate, route } from "../state/route";
import { setSession } from "../state/session";
import { currentLink } from "./link";

/** Signs in; after a session that ended under the work, the work goes on where it was. */
export async function signIn(username: string, password: string): Promise<void> {
  setSession(await api.signIn(username, password));
  if (route.peek().page === "signin") navigate("/");
  currentLink()?.retryNow();
}

/** Sessions elsewhere end; this one goes on. */
export async function changePassword(current: string, wanted: string): Promise<void> {
  setSession(await api.changePassword(current, wanted));
}

export async function signOut(): Promise<void> {
  setSession(await api.signOut());
  navigate("/signin");
}
