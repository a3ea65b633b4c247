import { useState } from "preact/hooks";
import { changePassword } from "../../actions/signIn";
import { notify } from "../../state/notices";
import { Button } from "../controls/Button";
import { Dialog } from "../controls/Dialog";
import { TextField } from "../controls/Field";
import { reasonOf } from "../reason";

interface Props {
  readonly username: string;
  readonly onClose: () => void;
}

const FEWEST = 8;

/** A new password for whoever is signed in. */
export function PasswordDialog({ username, onClose }: Props) {
  const [current, setCurrent] = useState("");
  const [wanted, setWanted] = useState("");
  const [failure, setFailure] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const change = async () => {
    setBusy(true);
    setFailure(null);
    try {
      await changePassword(current, wanted);
      notify("Password changed. Other browsers are signed out.");
      onClose();
    } catch (error) {
      setFailure(reasonOf(error));
      setBusy(false);
    }
  };
  return (
    <Dialog title="Change password" onClose={onClose}>
      <form
        class="answers"
        onSubmit={(event) => {
          event.preventDefault();
          void change();
        }}
      >
        {failure !== null && (
          <p class="notice notice-bad" role="alert">
            {failure}
          </p>
        )}
        {/* Password managers ask whose it is. */}
        <input type="text" autocomplete="username" value={username} readOnly hidden />
        <TextField
          label="Current password"
          type="password"
          autocomplete="current-password"
          value={current}
          onInput={setCurrent}
          required
          focused
        />
        <TextField
          label="New password"
          type="password"
          autocomplete="new-password"
          note={`At least ${FEWEST} characters. Other browsers will be signed out.`}
          value={wanted}
          onInput={setWanted}
          required
        />
        <div class="form-acts">
          <Button onClick={onClose}>Keep the old one</Button>
          <Button look="primary" submit disabled={busy || current === "" || wanted.length < FEWEST}>
            Change password
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
