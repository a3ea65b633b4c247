import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Label } from "../../api/client";
import { notifyError } from "../../state/notices";
import { reasonOf } from "../reason";

/**
 * What the server knows of a label; null while it is fetched. It follows the label's changes, and
 * those of `alsoBy` where other labels count, too.
 */
export function useOfLabel<T>(
  label: Label,
  load: (uid: string) => Promise<readonly T[]>,
  alsoBy: number | null = null,
): readonly T[] | null {
  const rows = useSignal<{ readonly of: string; readonly rows: readonly T[] } | null>(null);
  const { uid, revision, review_state, updated_at } = label;
  useEffect(() => {
    let wanted = true;
    load(uid).then(
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
  }, [uid, revision, review_state, updated_at, alsoBy]);
  return rows.value?.of === uid ? rows.value.rows : null;
}
