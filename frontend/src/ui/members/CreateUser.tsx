import { useState } from "preact/hooks";
import type { NewUser } from "../../api/client";
import { Button } from "../controls/Button";
import { TextField } from "../controls/Field";

interface Props {
  /** True when the account was made: the form is emptied then. */
  readonly onCreate: (user: NewUser) => Promise<boolean>;
}

const EMPTY: NewUser = { username: "", display_name: "", password: "" };

/** A new account, for site administrators. */
export function CreateUser({ onCreate }: Props) {
  const [user, setUser] = useState(EMPTY);
  const create = async () => {
    if (await onCreate({ ...user, username: user.username.trim() })) setUser(EMPTY);
  };
  return (
    <form
      class="form-line"
      onSubmit={(event) => {
        event.preventDefault();
        void create();
      }}
    >
      <TextField
        label="User name"
        value={user.username}
        onInput={(username) => setUser({ ...user, username })}
        maxLength={150}
        required
      />
      <TextField
        label="Name"
        value={user.display_name ?? ""}
        onInput={(display_name) => setUser({ ...user, display_name })}
        maxLength={150}
        placeholder="Ana Ruiz"
      />
      <TextField
        label="First password"
        type="password"
        value={user.password}
        onInput={(password) => setUser({ ...user, password })}
        autocomplete="new-password"
        placeholder="At least 8 characters"
        required
      />
      <Button submit disabled={user.username.trim() === "" || user.password.length < 8}>
        Create user
      </Button>
    </form>
  );
}
