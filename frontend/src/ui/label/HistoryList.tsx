import type { EditRow } from "../../api/client";
import { when } from "../words";

interface Props {
  /** Newest first; null while it is fetched. */
  readonly rows: readonly EditRow[] | null;
  readonly now: Date;
}

/** What happened to a label: what, when, who. */
export function HistoryList({ rows, now }: Props) {
  if (rows === null) return null;
  if (rows.length === 0) return <p class="quiet">Nothing yet.</p>;
  return (
    <ol class="history">
      {rows.map((row) => (
        <li key={row.uid}>
          <span>{row.sentence}</span>
          <time dateTime={row.created_at}>{when(row.created_at, now)}</time>
          <span class="history-who">{row.author.display_name || row.author.username}</span>
        </li>
      ))}
    </ol>
  );
}
