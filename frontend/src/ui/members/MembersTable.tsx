import type { Member, Role } from "../../api/client";
import { Button } from "../controls/Button";
import { Select } from "../controls/Select";
import { initials } from "../words";

interface Props {
  readonly members: readonly Member[];
  /** This person's own id: they are named as such. */
  readonly me: string | null;
  readonly mayManage: boolean;
  readonly onRole: (username: string, role: Role) => void;
  readonly onRemove: (user: string) => void;
}

export const roles = [
  { value: "viewer", words: "Viewer: sees" },
  { value: "annotator", words: "Annotator: labels" },
  { value: "manager", words: "Manager: everything" },
] as const;

/** Who works here, and as what. */
export function MembersTable({ members, me, mayManage, onRole, onRemove }: Props) {
  return (
    <div class="sheet-list">
      <table class="table">
        <thead>
          <tr>
            <th scope="col">Person</th>
            <th scope="col">User name</th>
            <th scope="col">Role</th>
            <th scope="col">
              <span class="visually-hidden">Remove</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {members.map(({ user, role }) => {
            const name = user.display_name || user.username;
            return (
              <tr key={user.uid}>
                <td>
                  <span class="person">
                    <span class="initials" aria-hidden="true">
                      {initials(name)}
                    </span>
                    {name}
                    {user.uid === me && <span class="quiet">(you)</span>}
                  </span>
                </td>
                <td class="quiet">{user.username}</td>
                <td class="members-role">
                  <Select
                    name={`Role of ${name}`}
                    options={roles}
                    value={role}
                    disabled={!mayManage}
                    onChange={(chosen) => onRole(user.username, chosen)}
                  />
                </td>
                <td class="number">
                  {mayManage && (
                    <Button look="quiet" onClick={() => onRemove(user.uid)}>
                      Remove
                      <span class="visually-hidden"> {name}</span>
                    </Button>
                  )}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
