import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { loadLabelHistory } from "../../actions/labelHistory";
import type { EditRow, Label } from "../../api/client";
import { notifyError } from "../../state/notices";
import { reasonOf } from "../reason";

/** The history of a label, newest first; null while it is fetched. It follows the label's changes. */
export function useHistory(label: Label): readonly EditRow[] | null {
  const rows = useSignal<{ readonly of: string; readonly rows: readonly EditRow[] } | null>(null);
  const { uid, revision, review_state, updated_at } = label;
  useEffect(() => {
    let wanted = true;
    loadLabelHistory(uid).then(
      (found) => {
        if (wanted) rows.value = { of: uid, rows: found };
      },
      (error: unknown) => {
        if (wanted) notifyError(reasonOf(error));
      },
    );
    return () => {
      wanted = false;
    };
  }, [uid, revision, review_state, updated_at]);
  return rows.value?.of === uid ? rows.value.rows : null;
}
