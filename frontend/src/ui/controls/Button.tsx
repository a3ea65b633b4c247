import type { ComponentChildren } from "preact";
import { Icon } from "./Icon";
import type { IconName } from "./icons";

interface ButtonProps {
  readonly children: ComponentChildren;
  readonly onClick?: () => void;
  readonly look?: "plain" | "primary" | "quiet" | "danger";
  readonly icon?: IconName;
  /** The key that does the same, as the operations list spells it. */
  readonly shortcut?: string | undefined;
  readonly disabled?: boolean;
  readonly submit?: boolean;
  readonly title?: string | undefined;
}

const LOOKS = {
  plain: "button",
  primary: "button button-primary",
  quiet: "button button-quiet",
  danger: "button button-danger",
};

/** A button with words. */
export function Button(props: ButtonProps) {
  const { children, look = "plain", icon, shortcut, disabled = false, submit = false } = props;
  return (
    <button
      type={submit ? "submit" : "button"}
      class={LOOKS[look]}
      disabled={disabled}
      onClick={props.onClick}
      title={props.title}
    >
      {icon && <Icon name={icon} />}
      {children}
      {shortcut && <span class="key">{shortcut}</span>}
    </button>
  );
}

interface IconButtonProps {
  readonly icon: IconName;
  /** Said by screen readers and shown as tooltip. */
  readonly name: string;
  readonly onClick: () => void;
  readonly shortcut?: string | undefined;
  readonly small?: boolean;
  readonly pressed?: boolean;
  readonly disabled?: boolean;
  /** Why it cannot be used now: then it is disabled, and the tooltip says so. */
  readonly reason?: string | undefined;
  readonly tip?: "below" | "end" | "top" | "start-below";
  readonly class?: string;
}

/** A button of one icon; its tooltip says the name and the key. */
export function IconButton(props: IconButtonProps) {
  const { icon, name, shortcut, small = false, reason, tip = "below" } = props;
  const disabled = props.disabled ?? reason !== undefined;
  const words = shortcut ? `${name}  ${shortcut}` : name;
  const classes = ["icon-button", small && "icon-button-small", props.class];
  return (
    <button
      type="button"
      class={classes.filter(Boolean).join(" ")}
      aria-label={name}
      aria-pressed={props.pressed}
      aria-disabled={disabled || undefined}
      data-tip={reason === undefined ? words : `${words}: ${reason}`}
      data-tip-side={tip}
      onClick={() => {
        if (!disabled) props.onClick();
      }}
    >
      <Icon name={icon} small={small} />
    </button>
  );
}
