import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";

interface Props {
  /** What the button shows. */
  readonly label: ComponentChildren;
  /** The button's name where its content does not say it. */
  readonly name?: string;
  /** Shown while the button is pointed at, where it shows an icon alone. */
  readonly tip?: string;
  readonly class?: string;
  readonly align?: "start" | "end";
  /** Opens upward, for bars at the bottom. */
  readonly up?: boolean;
  readonly children: (close: () => void) => ComponentChildren;
}

/** Up and down go from line to line; Esc closes, which the browser does. */
function walk(event: KeyboardEvent): void {
  if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
  const menu = event.currentTarget instanceof Element ? event.currentTarget : null;
  const items = [...(menu?.querySelectorAll<HTMLElement>(".menu-item") ?? [])];
  const at = items.findIndex((item) => item.matches(":focus"));
  const step = event.key === "ArrowDown" ? 1 : -1;
  items[(at + step + items.length) % items.length]?.focus();
  event.preventDefault();
}

/** A button that opens a native popover; the content is rendered only while it is open. */
export function Menu(props: Props) {
  const { label, name, align = "start", up = false } = props;
  const id = useId();
  const button = useRef<HTMLButtonElement>(null);
  const popover = useRef<HTMLDivElement>(null);
  const [open, setOpen] = useState(false);

  // A menu of choices has the focus while it is open, on the chosen one; the browser gives it back.
  useEffect(() => {
    if (!open || popover.current?.querySelector("input")) return;
    const chosen = popover.current?.querySelector<HTMLElement>("[aria-current=true]");
    (chosen ?? popover.current?.querySelector<HTMLElement>(".menu-item"))?.focus();
  }, [open]);

  useEffect(() => {
    const menu = popover.current;
    menu?.addEventListener("keydown", walk);
    return () => menu?.removeEventListener("keydown", walk);
  }, []);

  const put = () => {
    const at = button.current?.getBoundingClientRect();
    const style = popover.current?.style;
    if (!at || !style) return;
    style.left = align === "start" ? `${at.left}px` : "auto";
    style.right = align === "end" ? `${window.innerWidth - at.right}px` : "auto";
    style.top = up ? "auto" : `${at.bottom + 4}px`;
    style.bottom = up ? `${window.innerHeight - at.top + 4}px` : "auto";
  };

  return (
    <>
      <button
        ref={button}
        type="button"
        class={props.class ?? "button button-quiet"}
        aria-label={name}
        aria-expanded={open}
        aria-controls={id}
        data-tip={props.tip}
        onClick={() => popover.current?.togglePopover()}
      >
        {label}
      </button>
      <div
        ref={popover}
        id={id}
        class="menu"
        popover="auto"
        onBeforeToggle={(event) => {
          if (event.newState === "open") put();
        }}
        onToggle={(event) => setOpen(event.newState === "open")}
      >
        {open && props.children(() => popover.current?.hidePopover())}
      </div>
    </>
  );
}

interface ItemProps {
  readonly children: ComponentChildren;
  readonly onClick: () => void;
  readonly shortcut?: string | undefined;
  readonly current?: boolean;
}

/** One line of a menu. */
export function MenuItem({ children, onClick, shortcut, current }: ItemProps) {
  return (
    <button type="button" class="menu-item" aria-current={current} onClick={onClick}>
      {children}
      {shortcut && <span class="key">{shortcut}</span>}
    </button>
  );
}
