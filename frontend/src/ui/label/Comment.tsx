import type { Label } from "../../api/client";
import { when } from "../words";

interface Props {
  readonly label: Label;
  readonly now: Date;
}

/** What the reviewer wrote. */
export function Comment({ label, now }: Props) {
  return (
    <blockquote class={label.review_state === "returned" ? "quote" : "quote quote-calm"}>
      <p>{label.review_comment}</p>
      <footer>
        {label.reviewed_by ?? "Reviewer"}
        {label.reviewed_at && `, ${when(label.reviewed_at, now)}`}
      </footer>
    </blockquote>
  );
}
