import { Icon } from "../controls/Icon";
import { Menu, MenuItem } from "../controls/Menu";

interface Props {
  /** What is chosen: "Layer", "View". */
  readonly name: string;
  readonly shortcut?: string;
  readonly options: readonly { readonly id: string; readonly name: string }[];
  readonly current: string | null;
  readonly onChoose: (id: string) => void;
}

/** One of several, by a menu in the top bar. */
export function ChoiceMenu({ name, shortcut, options, current, onChoose }: Props) {
  const shown = options.find((option) => option.id === current);
  if (!shown) return null;
  return (
    <Menu
      name={`${name}: ${shown.name}`}
      label={
        <>
          <span class="truncate crumb-choice">{shown.name}</span>
          {shortcut && <kbd>{shortcut}</kbd>}
          <Icon name="down" small />
        </>
      }
    >
      {(close) => (
        <>
          <p class="menu-heading">{name}</p>
          {options.map((option) => (
            <MenuItem
              key={option.id}
              current={option.id === current}
              onClick={() => {
                close();
                onChoose(option.id);
              }}
            >
              {option.name}
            </MenuItem>
          ))}
        </>
      )}
    </Menu>
  );
}
