import type { ProjectRow } from "../../api/client";
import { Icon } from "../controls/Icon";
import { Menu, MenuItem } from "../controls/Menu";

interface Props {
  readonly name: string;
  readonly uid: string;
  readonly others: readonly ProjectRow[];
  readonly mayManage: boolean;
  readonly onOpen: (uid: string) => void;
  readonly onAll: () => void;
  readonly onClasses: () => void;
  readonly onSettings: () => void;
}

const MOST_OTHERS = 8;

/** The project's name; behind it the other projects and, for managers, what this one is made of. */
export function ProjectCrumb(props: Props) {
  const others = props.others.filter((row) => row.uid !== props.uid).slice(0, MOST_OTHERS);
  return (
    <Menu
      name={`Project: ${props.name}`}
      label={
        <>
          <span class="crumb-project truncate">{props.name}</span>
          <Icon name="down" small />
        </>
      }
    >
      {(close) => {
        const then = (act: () => void) => () => {
          close();
          act();
        };
        return (
          <>
            {props.mayManage && (
              <>
                <MenuItem onClick={then(props.onClasses)}>Edit classes</MenuItem>
                <MenuItem onClick={then(props.onSettings)}>Project settings</MenuItem>
                <hr class="menu-line" />
              </>
            )}
            {others.map((row) => (
              <MenuItem key={row.uid} onClick={then(() => props.onOpen(row.uid))}>
                {row.name}
              </MenuItem>
            ))}
            <MenuItem onClick={then(props.onAll)}>All projects</MenuItem>
          </>
        );
      }}
    </Menu>
  );
}
