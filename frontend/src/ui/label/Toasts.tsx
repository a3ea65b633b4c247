import type { Notice } from "../../state/notices";
import { IconButton } from "../controls/Button";

interface Props {
  readonly notices: readonly Notice[];
  readonly onDismiss: (id: number) => void;
  /** On pages without a map they stand at the edge of the window. */
  readonly fixed?: boolean;
}

/** What just happened, with the one thing to do about it. Screen readers hear it elsewhere. */
export function Toasts({ notices, onDismiss, fixed = false }: Props) {
  return (
    <ul class={fixed ? "over-map toasts toasts-fixed" : "over-map toasts"} aria-label="Notices">
      {notices.map((notice) => (
        <li key={notice.id} class={notice.kind === "error" ? "chip toast toast-bad" : "chip toast"}>
          <span>{notice.sentence}</span>
          {notice.actions.map((action) => (
            <button
              key={action.title}
              type="button"
              class="link-button"
              onClick={() => {
                onDismiss(notice.id);
                action.run();
              }}
            >
              {action.title}
            </button>
          ))}
          <IconButton
            icon="close"
            name="Close"
            small
            tip="top"
            onClick={() => onDismiss(notice.id)}
          />
        </li>
      ))}
    </ul>
  );
}
