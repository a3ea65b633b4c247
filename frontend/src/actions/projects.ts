import { api, type NewProject } from "../api/client";
import { setArchivedProjects, setProjects } from "../state/projects";
import { navigate } from "../state/route";
import { report } from "./report";

export async function loadProjects(): Promise<void> {
  try {
    const [rows, archived] = await Promise.all([api.projects(), api.archivedProjects()]);
    setProjects(rows);
    setArchivedProjects(archived);
  } catch (error) {
    report(error);
  }
}

/** Makes a project and opens it. */
export async function createProject(project: NewProject): Promise<void> {
  const made = await api.createProject(project);
  navigate(`/p/${made.uid}`);
}

/** Puts a project away and leaves it; rejects with the server's sentence. */
export async function archiveProject(uid: string): Promise<void> {
  await api.archiveProject(uid);
  navigate("/");
}

export async function bringBackProject(uid: string): Promise<void> {
  await api.bringBackProject(uid);
  await loadProjects();
}

/** Deletes an archived project for good; rejects where the typed name is another. */
export async function deleteProject(uid: string, name: string): Promise<void> {
  await api.deleteProject(uid, name);
  await loadProjects();
}
