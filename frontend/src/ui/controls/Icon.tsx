import { type IconName, icons } from "./icons";

interface Props {
  readonly name: IconName;
  readonly small?: boolean;
}

/** A drawing beside words; it has no name of its own. */
export function Icon({ name, small = false }: Props) {
  return (
    <svg class={small ? "icon icon-small" : "icon"} viewBox="0 0 20 20" aria-hidden="true">
      <path d={icons[name]} />
    </svg>
  );
}
