import { mayExport, mayManage, project, summary } from "../../state/project";
import { route } from "../../state/route";
import { numberWords } from "../../state/words";
import { Icon } from "../controls/Icon";
import { Link } from "../controls/Link";

interface Props {
  /** Opens the export; null on pages that have no place for it. */
  readonly onExport: (() => void) | null;
}

/** The pages of the open project. */
export function Places({ onExport }: Props) {
  const uid = project.value?.uid;
  if (uid === undefined) return null;
  const page = route.value.page;
  const waiting = summary.value?.unreviewed ?? 0;
  return (
    <nav class="places" aria-label="Pages of the project">
      <Link to={`/p/${uid}`} class="button button-quiet place" current={page === "label"}>
        Label
      </Link>
      {mayManage.value && (
        <Link to={`/p/${uid}/review`} class="button button-quiet place" current={page === "review"}>
          Review
          {waiting > 0 && <span class="place-count">{numberWords(waiting)}</span>}
        </Link>
      )}
      <Link to={`/p/${uid}/members`} class="button button-quiet place" current={page === "members"}>
        Members
      </Link>
      {mayExport.value && onExport !== null && (
        <button type="button" class="button button-quiet" onClick={onExport}>
          <Icon name="download" />
          Export
        </button>
      )}
    </nav>
  );
}
