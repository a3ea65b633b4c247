import { useSignal } from "@preact/signals";
import { bringBackProject, deleteProject } from "../../actions/projects";
import type { ArchivedProject } from "../../api/client";
import { notifyError } from "../../state/notices";
import { archivedProjects } from "../../state/projects";
import { byteWords, countWords } from "../../state/words";
import { Button } from "../controls/Button";
import { Link } from "../controls/Link";
import { reasonOf } from "../reason";
import { when } from "../words";
import { DeleteProjectDialog } from "./DeleteProjectDialog";

/** What was put away, for those who may bring it back or delete it; nothing where nothing was. */
export function ArchivedProjects({ now }: { readonly now: Date }) {
  const leaving = useSignal<ArchivedProject | null>(null);
  const failure = useSignal<string | null>(null);
  const busy = useSignal(false);
  const rows = archivedProjects.value;
  const close = () => {
    leaving.value = null;
    failure.value = null;
  };
  const remove = async (project: ArchivedProject, name: string) => {
    busy.value = true;
    try {
      await deleteProject(project.uid, name);
      close();
    } catch (error) {
      failure.value = reasonOf(error);
    } finally {
      busy.value = false;
    }
  };
  if (rows.length === 0) return null;
  return (
    <>
      <h2>Archive</h2>
      <ul class="sheet-list" aria-label="Archived projects">
        {rows.map((row) => (
          <ArchivedRow
            key={row.uid}
            row={row}
            now={now}
            onBringBack={() => {
              bringBackProject(row.uid).catch((error: unknown) => notifyError(reasonOf(error)));
            }}
            onDelete={() => {
              leaving.value = row;
            }}
          />
        ))}
      </ul>
      {leaving.value && (
        <DeleteProjectDialog
          project={leaving.value}
          failure={failure.value}
          busy={busy.value}
          onDelete={(name) => {
            if (leaving.value) void remove(leaving.value, name);
          }}
          onClose={close}
        />
      )}
    </>
  );
}

interface RowProps {
  readonly row: ArchivedProject;
  readonly now: Date;
  readonly onBringBack: () => void;
  readonly onDelete: () => void;
}

function ArchivedRow({ row, now, onBringBack, onDelete }: RowProps) {
  return (
    <li class="archived-row">
      <div class="archived-words">
        <strong class="truncate">
          {row.is_member ? <Link to={`/p/${row.uid}`}>{row.name}</Link> : row.name}
        </strong>
        <span class="quiet">
          {countWords(row.labels, "label", "labels")}, {countWords(row.images, "image", "images")},{" "}
          {byteWords(row.size_bytes)}. Archived by {row.archived_by}, {when(row.archived_at, now)}
        </span>
      </div>
      <Button onClick={onBringBack}>Bring back</Button>
      <Button icon="trash" onClick={onDelete}>
        Delete
      </Button>
    </li>
  );
}
