import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { createProject, loadProjects } from "../../actions/projects";
import type { NewProject } from "../../api/client";
import { projects } from "../../state/projects";
import { Button } from "../controls/Button";
import { Page } from "../project/Page";
import { reasonOf } from "../reason";
import { ArchivedProjects } from "./ArchivedProjects";
import { NewProjectDialog } from "./NewProjectDialog";
import { ProjectRow } from "./ProjectRow";

/** The projects that a person is a member of. */
export function ProjectsPage() {
  const making = useSignal(false);
  const busy = useSignal(false);
  const failure = useSignal<string | null>(null);
  const rows = projects.value;
  useEffect(() => void loadProjects(), []);

  const create = async (project: NewProject) => {
    busy.value = true;
    failure.value = null;
    try {
      await createProject(project);
    } catch (error) {
      failure.value = reasonOf(error);
    } finally {
      busy.value = false;
    }
  };
  const begin = () => {
    failure.value = null;
    making.value = true;
  };

  return (
    <Page>
      <div class="page-title">
        <h1>Projects</h1>
        <Button look="primary" icon="plus" onClick={begin}>
          New project
        </Button>
      </div>
      {rows !== null && rows.length > 0 && (
        <ul class="sheet-list">
          {rows.map((row) => (
            <ProjectRow key={row.uid} row={row} now={new Date()} />
          ))}
        </ul>
      )}
      {rows !== null && rows.length === 0 && (
        <div class="sheet-list empty">
          <p>No projects yet. Make one, or ask a manager to add you to theirs.</p>
        </div>
      )}
      <ArchivedProjects now={new Date()} />
      {making.value && (
        <NewProjectDialog
          failure={failure.value}
          busy={busy.value}
          onCreate={(project) => void create(project)}
          onClose={() => {
            making.value = false;
          }}
        />
      )}
    </Page>
  );
}
