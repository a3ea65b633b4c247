import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { IconButton } from "./Button";

interface Props {
  readonly title: string;
  readonly children: ComponentChildren;
  readonly foot?: ComponentChildren;
  readonly wide?: boolean;
  /** It cannot be put away before it is answered. */
  readonly stays?: boolean;
  readonly onClose: () => void;
}

/** A native modal dialog, open for as long as it is rendered. Esc and a click beside it close it. */
export function Dialog({ title, children, foot, wide = false, stays = false, onClose }: Props) {
  const ref = useRef<HTMLDialogElement>(null);
  const titleId = useId();

  useEffect(() => {
    ref.current?.showModal();
  }, []);

  return (
    <dialog
      ref={ref}
      class={wide ? "dialog dialog-wide" : "dialog"}
      aria-labelledby={titleId}
      onClose={onClose}
      {...{ closedby: stays ? "none" : "any" }}
      onCancel={(event) => stays && event.preventDefault()}
    >
      <header class="dialog-head">
        <h2 id={titleId}>{title}</h2>
      </header>
      <div class="dialog-body">{children}</div>
      {foot && <footer class="dialog-foot">{foot}</footer>}
      {/* Last, so that the dialog opens with the focus on its first field. */}
      {!stays && (
        <IconButton
          class="dialog-close"
          icon="close"
          name="Close"
          tip="start-below"
          onClick={() => ref.current?.close()}
        />
      )}
    </dialog>
  );
}
