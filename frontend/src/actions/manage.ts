/** What a manager does with a project; each call rejects with the server's sentence. */

import {
  api,
  type NewLabelClass,
  type NewMember,
  type NewUser,
  type ProjectSettings,
  type User,
} from "../api/client";
import { project, setProject } from "../state/project";
import { refreshProject } from "./refresh";

function openUid(): string {
  const open = project.peek();
  if (open === null) throw new Error("No project is open.");
  return open.uid;
}

export async function saveSettings(settings: ProjectSettings): Promise<void> {
  setProject(await api.changeSettings(openUid(), settings));
}

/** How long the objects are that the labels show, in metres; null while they are too few to tell. */
export async function measureTypicalObject(): Promise<number | null> {
  const { length_m } = await api.typicalObject(openUid());
  return length_m;
}

/** Adds somebody by user name, or changes their role. */
export async function putMember(member: NewMember): Promise<void> {
  await api.putMember(openUid(), member);
  await refreshProject();
}

export async function removeMember(user: string): Promise<void> {
  await api.removeMember(openUid(), user);
  await refreshProject();
}

/** A new account, made by a site administrator. */
export function createUser(user: NewUser): Promise<User> {
  return api.createUser(user);
}

export async function createClass(labelClass: NewLabelClass): Promise<void> {
  await api.createClass(openUid(), labelClass);
  await refreshProject();
}

export async function changeClass(uid: string, labelClass: NewLabelClass): Promise<void> {
  await api.changeClass(openUid(), uid, labelClass);
  await refreshProject();
}
