import type { ReviewState } from "../../api/client";
import { Icon } from "./Icon";

const SIGNS = {
  unreviewed: { words: "Not reviewed", class: "state-word quiet", icon: null },
  accepted: { words: "Accepted", class: "state-word state-accepted", icon: "check" },
  returned: { words: "Returned", class: "state-word state-returned", icon: "warning" },
} as const;

/** A review state as sign and word: never by colour alone. */
export function ReviewSign({ state }: { readonly state: ReviewState }) {
  const sign = SIGNS[state];
  return (
    <span class={sign.class}>
      {sign.icon && <Icon name={sign.icon} small />}
      {sign.words}
    </span>
  );
}
