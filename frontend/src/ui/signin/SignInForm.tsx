import { useState } from "preact/hooks";
import { Button } from "../controls/Button";
import { TextField } from "../controls/Field";

interface Props {
  readonly failure: string | null;
  readonly busy: boolean;
  readonly onSignIn: (username: string, password: string) => void;
}

/** Name and password; what was typed stays when the server refuses it. */
export function SignInForm({ failure, busy, onSignIn }: Props) {
  const [username, setUsername] = useState("");
  const [password, setPassword] = useState("");
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        onSignIn(username.trim(), password);
      }}
    >
      {failure && (
        <p class="notice notice-bad" role="alert">
          {failure}
        </p>
      )}
      <TextField
        label="User name"
        value={username}
        onInput={setUsername}
        autocomplete="username"
        required
        focused
      />
      <TextField
        label="Password"
        type="password"
        value={password}
        onInput={setPassword}
        autocomplete="current-password"
        required
      />
      <Button look="primary" submit disabled={busy}>
        {busy ? "Signing in" : "Sign in"}
      </Button>
    </form>
  );
}
