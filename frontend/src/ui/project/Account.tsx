import { useState } from "preact/hooks";
import { signOut } from "../../actions/signIn";
import { preferences, setPreference } from "../../state/preferences";
import { me, session } from "../../state/session";
import { AccountMenu } from "./AccountMenu";
import { PasswordDialog } from "./PasswordDialog";

/** The account menu of whoever is signed in. */
export function Account() {
  const [changes, setChanges] = useState(false);
  if (me.value === null) return null;
  return (
    <>
      <AccountMenu
        me={me.value}
        version={session.value?.version ?? ""}
        preferences={preferences.value}
        onPreference={setPreference}
        onChangePassword={() => setChanges(true)}
        onSignOut={() => void signOut()}
      />
      {changes && <PasswordDialog username={me.value.username} onClose={() => setChanges(false)} />}
    </>
  );
}
