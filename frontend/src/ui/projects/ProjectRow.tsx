import type { ProjectRow as Row } from "../../api/client";
import { areaWords, countWords, numberWords } from "../../state/words";
import { Link } from "../controls/Link";
import { percent, when } from "../words";

interface Props {
  readonly row: Row;
  readonly now: Date;
}

/** One project: what it holds, how far it is, what came back, and the way in. */
export function ProjectRow({ row, now }: Props) {
  const share = row.labels === 0 ? 0 : row.accepted / row.labels;
  return (
    <li class="project-row">
      <Thumbnail src={row.thumbnail} />
      <div class="project-words">
        <h2 class="truncate">
          <Link to={`/p/${row.uid}`}>{row.name}</Link>
        </h2>
        <p class="project-figures">
          <span>{countWords(row.layers, "layer", "layers")}</span>
          <span>{countWords(row.labels, "label", "labels")}</span>
          {row.labels > 0 && <span>{areaWords(row.area_m2)}</span>}
        </p>
        <p class="quiet truncate">
          {row.last_edit
            ? `Last edit: ${row.last_edit.by}, ${when(row.last_edit.at, now)}`
            : row.description || "No edits yet"}
        </p>
      </div>
      <div class="project-progress">
        <div class="project-progress-line">
          <span class="quiet">Accepted</span>
          <span>{percent(share)}</span>
        </div>
        <progress class="progress" value={share} max={1} aria-label={`Accepted in ${row.name}`} />
        <div class="project-progress-line">
          <Waiting row={row} />
        </div>
      </div>
      <Link to={`/p/${row.uid}`} class="button" name={`Continue ${row.name}`}>
        Continue
      </Link>
    </li>
  );
}

function Thumbnail({ src }: { readonly src: string | null }) {
  if (src === null) return <div class="project-thumb">No image yet</div>;
  return <img class="project-thumb" src={src} alt="" width={112} height={72} loading="lazy" />;
}

/** What waits for this person: work that came back, or labels to review for a manager. */
function Waiting({ row }: Pick<Props, "row">) {
  if (row.returned_to_me > 0) {
    return <strong class="returned">Returned to you: {numberWords(row.returned_to_me)}</strong>;
  }
  if (row.labels === 0) return <span class="quiet">No labels yet</span>;
  if (row.unreviewed === 0) return <span class="quiet">Nothing waits for review</span>;
  return <span class="quiet">{numberWords(row.unreviewed)} wait for review</span>;
}
