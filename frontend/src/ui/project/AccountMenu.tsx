import type { User } from "../../api/client";
import type { Preferences } from "../../state/preferences";
import { Menu, MenuItem } from "../controls/Menu";
import { Segmented } from "../controls/Segmented";
import { initials } from "../words";

interface Props {
  readonly me: User;
  readonly version: string;
  readonly preferences: Preferences;
  readonly onPreference: <K extends keyof Preferences>(key: K, value: Preferences[K]) => void;
  readonly onChangePassword: () => void;
  readonly onSignOut: () => void;
}

const UNITS = [
  { value: "metric", words: "ha, m²" },
  { value: "acres", words: "acres" },
] as const;

const COORDINATES = [
  { value: "project", words: "Project" },
  { value: "degrees", words: "Degrees" },
] as const;

/** Who is signed in, what they set for themselves, and the way out. */
export function AccountMenu(props: Props) {
  const { me, version, preferences, onPreference } = props;
  const name = me.display_name || me.username;
  return (
    <Menu
      class="icon-button account"
      name={`Account of ${name}`}
      align="end"
      label={
        <span class="initials" aria-hidden="true">
          {initials(name)}
        </span>
      }
    >
      {(close) => (
        <>
          <p class="menu-heading">
            <strong>{name}</strong>
          </p>
          <div class="menu-part">
            <span class="quiet">Areas</span>
            <Segmented
              legend="Areas"
              options={UNITS}
              value={preferences.areaUnit}
              onChange={(value) => onPreference("areaUnit", value)}
            />
            <span class="quiet">Coordinates</span>
            <Segmented
              legend="Coordinates"
              options={COORDINATES}
              value={preferences.coordinates}
              onChange={(value) => onPreference("coordinates", value)}
            />
          </div>
          <hr class="menu-line" />
          <MenuItem
            onClick={() => {
              close();
              props.onChangePassword();
            }}
          >
            Change password…
          </MenuItem>
          <MenuItem
            onClick={() => {
              close();
              props.onSignOut();
            }}
          >
            Sign out
          </MenuItem>
          <p class="menu-heading">SegMap Web {version}</p>
        </>
      )}
    </Menu>
  );
}
