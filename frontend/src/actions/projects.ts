import { api, type NewProject } from "../api/client";
import { setProjects } from "../state/projects";
import { navigate } from "../state/route";
import { report } from "./report";

export async function loadProjects(): Promise<void> {
  try {
    setProjects(await api.projects());
  } catch (error) {
    report(error);
  }
}

/** Makes a project and opens it. */
export async function createProject(project: NewProject): Promise<void> {
  const made = await api.createProject(project);
  navigate(`/p/${made.uid}`);
}
