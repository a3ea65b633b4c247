import { useState } from "preact/hooks";
import type { Role } from "../../api/client";
import { Button } from "../controls/Button";
import { Field } from "../controls/Field";
import { Select } from "../controls/Select";
import { roles } from "./MembersTable";

interface Props {
  /** True when the person was added: the form is emptied then. */
  readonly onAdd: (username: string, role: Role) => Promise<boolean>;
}

/** Adds somebody by user name, with a role. */
export function AddMember({ onAdd }: Props) {
  const [username, setUsername] = useState("");
  const [role, setRole] = useState<Role>("annotator");
  const add = async () => {
    if (await onAdd(username.trim(), role)) setUsername("");
  };
  return (
    <form
      class="form-line"
      onSubmit={(event) => {
        event.preventDefault();
        void add();
      }}
    >
      <Field label="User name">
        {(id) => (
          <input
            id={id}
            class="input"
            autocomplete="off"
            spellcheck={false}
            required
            value={username}
            onInput={(event) => setUsername(event.currentTarget.value)}
          />
        )}
      </Field>
      <Field label="Role" narrow>
        {(id) => <Select id={id} options={roles} value={role} onChange={setRole} />}
      </Field>
      <Button look="primary" submit disabled={username.trim() === ""}>
        Add member
      </Button>
    </form>
  );
}
