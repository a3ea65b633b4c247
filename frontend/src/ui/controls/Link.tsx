import type { ComponentChildren } from "preact";
import { navigate } from "../../state/route";

interface Props {
  readonly to: string;
  readonly class?: string;
  readonly name?: string;
  readonly tip?: string;
  readonly current?: boolean;
  readonly children: ComponentChildren;
}

/** A link within the application. Clicks with a modifier are the browser's: they open another tab. */
export function Link({ to, name, tip, current, children, ...rest }: Props) {
  return (
    <a
      href={to}
      class={rest.class}
      aria-label={name}
      data-tip={tip}
      aria-current={current ? "page" : undefined}
      onClick={(event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
        event.preventDefault();
        navigate(to);
      }}
    >
      {children}
    </a>
  );
}
