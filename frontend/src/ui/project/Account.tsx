import { signOut } from "../../actions/signIn";
import { preferences, setPreference } from "../../state/preferences";
import { me, session } from "../../state/session";
import { AccountMenu } from "./AccountMenu";

/** The account menu of whoever is signed in. */
export function Account() {
  if (me.value === null) return null;
  return (
    <AccountMenu
      me={me.value}
      version={session.value?.version ?? ""}
      preferences={preferences.value}
      onPreference={setPreference}
      onSignOut={() => void signOut()}
    />
  );
}
