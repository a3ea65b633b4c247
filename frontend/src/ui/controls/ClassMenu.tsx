import type { LabelClass } from "../../api/client";
import { Icon } from "./Icon";
import { Menu, MenuItem } from "./Menu";
import { Swatch } from "./Swatch";

interface Props {
  readonly classes: readonly LabelClass[];
  readonly current: LabelClass | null;
  readonly name: string;
  readonly class?: string;
  readonly up?: boolean;
  readonly onChoose: (uid: string) => void;
}

/** A class and the way to another one. */
export function ClassMenu({ classes, current, name, up = false, onChoose, ...rest }: Props) {
  return (
    <Menu
      class={rest.class ?? "button"}
      name={`${name}: ${current?.name ?? "none"}`}
      up={up}
      label={
        <>
          {current && <Swatch colour={current.colour} pattern={current.pattern} />}
          <span class="truncate">{current?.name ?? "Choose a class"}</span>
          <Icon name="down" small />
        </>
      }
    >
      {(close) =>
        classes.map((one) => (
          <MenuItem
            key={one.uid}
            current={one.uid === current?.uid}
            shortcut={one.key === null ? undefined : `${one.key}`}
            onClick={() => {
              close();
              onChoose(one.uid);
            }}
          >
            <Swatch colour={one.colour} pattern={one.pattern} />
            {one.name}
          </MenuItem>
        ))
      }
    </Menu>
  );
}
