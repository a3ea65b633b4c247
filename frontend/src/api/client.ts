/** The REST interface. This file and socket.ts alone know the generated types. */

import type { components } from "./generated/schema";

type Schemas = components["schemas"];

export type User = Schemas["UserOut"];
export type Session = Schemas["SessionOut"];
export type ProjectRow = Schemas["ProjectRowOut"];
export type NewProject = Schemas["ProjectIn"];
export type Project = Schemas["ProjectOut"];
export type ArchivedProject = Schemas["ArchivedProjectOut"];
export type ProjectSettings = Schemas["ProjectSettingsIn"];
export type Role = Schemas["Role"];
export type Member = Schemas["MemberOut"];
export type NewMember = Schemas["MemberIn"];
export type NewUser = Schemas["UserIn"];
export type Crs = Schemas["CrsOut"];
export type Layer = Schemas["LayerOut"];
export type TileGrid = Schemas["TileGridOut"];
export type WindowStretch = Schemas["WindowStretchOut"];
export type BandView = Schemas["ViewOut"];
export type Image = Schemas["ImageOut"];
export type Question = Schemas["QuestionOut"];
export type Job = Schemas["JobOut"];
export type LabelClass = Schemas["ClassOut"];
export type NewLabelClass = Schemas["ClassIn"];
export type Pattern = Schemas["Pattern"];
export type Label = Schemas["LabelOut"];
export type Labels = Schemas["LabelsOut"];
export type Before = Schemas["BeforeOut"];
export type Overlap = Schemas["OverlapOut"];
export type Certainty = Schemas["Certainty"];
export type ReviewState = Schemas["ReviewState"];
export type Summary = Schemas["SummaryOut"];
export type TypicalObject = Schemas["TypicalObjectOut"];
export type NewEdit =
  | Schemas["CreateEdit"]
  | Schemas["ReshapeEdit"]
  | Schemas["ClassifyEdit"]
  | Schemas["CutEdit"]
  | Schemas["SplitEdit"]
  | Schemas["MergeEdit"]
  | Schemas["DeleteEdit"]
  | Schemas["UndoEdit"]
  | Schemas["ReviewEdit"];
export type Edit = Schemas["EditOut"];
export type AtRevision = Schemas["AtRevision"];
export type EditKind = Schemas["EditKind"];
export type EditRow = Schemas["EditRowOut"];
export type ExportChoice = Schemas["ExportIn"];
export type ExportPreview = Schemas["ExportPreviewOut"];

/** Polygons of rings of [x_map, y_map]; the first ring of a polygon is its outside. */
export type MultiPolygon = Label["geometry"];

/** [minx, miny, maxx, maxy] in the project's CRS. */
export type Box = readonly [number, number, number, number];

/** A request that changed nothing: what the server said, in words a person can act on. */
export class ApiError extends Error {
  override readonly name = "ApiError";

  constructor(
    readonly status: number,
    readonly code: string,
    readonly sentence: string,
    /** The label as it is now, where somebody else changed it first. */
    readonly current: Label | null = null,
  ) {
    super(sentence);
  }
}

/** The request did not reach the server, or no answer came back. It may be sent again. */
export class OfflineError extends Error {
  override readonly name = "OfflineError";

  constructor() {
    super("There is no connection to the server. Nothing was changed; try again.");
  }
}

let csrfToken = "";

/** Every writing request carries this token; each answer of /api/session brings it. */
export function useCsrfToken(token: string): void {
  csrfToken = token;
}

/** The header of that token, for requests that are not made here. */
export function csrfHeader(): Readonly<Record<string, string>> {
  return { "X-CSRFToken": csrfToken };
}

let onSignedOut: () => void = () => {};

/** Called whenever the server says that the session has ended. */
export function whenSignedOut(listener: () => void): void {
  onSignedOut = listener;
}

/** Says the same for a request that was not made here. */
export function reportSignedOut(): void {
  onSignedOut();
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function isLabel(value: unknown): value is Label {
  return isRecord(value) && typeof value.uid === "string" && Array.isArray(value.geometry);
}

/** Turns the body of a refused request into an error; a body of another shape gets a sentence of its own. */
export function apiError(status: number, body: unknown): ApiError {
  if (isRecord(body) && typeof body.code === "string" && typeof body.sentence === "string") {
    return new ApiError(
      status,
      body.code,
      body.sentence,
      isLabel(body.current) ? body.current : null,
    );
  }
  return new ApiError(
    status,
    "unreadable",
    `The server answered ${status} without a reason. Nothing is known to have changed; load the page again.`,
  );
}

async function request<T>(
  method: string,
  path: string,
  body?: unknown,
  signal?: AbortSignal,
): Promise<T> {
  const headers: Record<string, string> = { Accept: "application/json" };
  const askedWith = csrfToken;
  if (method !== "GET") headers["X-CSRFToken"] = csrfToken;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      headers,
      credentials: "same-origin",
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal ? { signal } : {}),
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new OfflineError();
  }
  const text = await response.text();
  let answer: unknown = null;
  try {
    answer = text === "" ? null : JSON.parse(text);
  } catch {
    // An answer that is no JSON (a proxy's error page) has no sentence for people.
  }
  if (!response.ok) {
    // A wrong password is also 401, but nobody was signed in whose session could end; and what was
    // asked before a new sign-in says nothing of the new session, which has another token.
    const isOfThisSession = path !== "/api/session" && askedWith === csrfToken;
    if (response.status === 401 && isOfThisSession) onSignedOut();
    // A gateway that cannot reach the server is a lost connection, not a refusal.
    if (response.status === 502 || response.status === 504) throw new OfflineError();
    throw apiError(response.status, answer);
  }
  return answer as T; // The one boundary: the server's answer has the type its schema promises.
}

const at = (project: string): string => `/api/projects/${project}`;

export const api = {
  session: () => request<Session>("GET", "/api/session"),
  signIn: (username: string, password: string) =>
    request<Session>("POST", "/api/session", { username, password }),
  signOut: () => request<Session>("DELETE", "/api/session"),

  changePassword: (current: string, wanted: string) =>
    request<Session>("PUT", "/api/password", { current, new: wanted }),

  users: () => request<User[]>("GET", "/api/users"),
  createUser: (user: NewUser) => request<User>("POST", "/api/users", user),

  projects: () => request<ProjectRow[]>("GET", "/api/projects"),
  createProject: (project: NewProject) => request<Project>("POST", "/api/projects", project),
  project: (project: string) => request<Project>("GET", at(project)),
  changeSettings: (project: string, settings: ProjectSettings) =>
    request<Project>("PATCH", at(project), settings),

  archivedProjects: () => request<ArchivedProject[]>("GET", "/api/projects/archived"),
  archiveProject: (project: string) => request<null>("POST", `${at(project)}/archive`),
  bringBackProject: (project: string) => request<null>("DELETE", `${at(project)}/archive`),
  /** For good, with its labels and images; the typed name says that it is meant. */
  deleteProject: (project: string, name: string) => request<null>("DELETE", at(project), { name }),

  putMember: (project: string, member: NewMember) =>
    request<Member>("PUT", `${at(project)}/members`, member),
  removeMember: (project: string, user: string) =>
    request<null>("DELETE", `${at(project)}/members/${user}`),

  createClass: (project: string, labelClass: NewLabelClass) =>
    request<LabelClass>("POST", `${at(project)}/classes`, labelClass),
  changeClass: (project: string, uid: string, labelClass: NewLabelClass) =>
    request<LabelClass>("PUT", `${at(project)}/classes/${uid}`, labelClass),

  images: (project: string) => request<Image[]>("GET", `${at(project)}/images`),
  /** Makes images of finished uploads; asked twice, the answer is the same images. */
  addImages: (project: string, uploads: readonly string[]) =>
    request<Image[]>("POST", `${at(project)}/images`, { uploads }),
  answerImage: (project: string, image: string, answers: Readonly<Record<string, string>>) =>
    request<Image>("POST", `${at(project)}/images/${image}/answers`, { answers }),
  /** What goes with an image and what stays, in words. */
  imageRemoval: (project: string, image: string) =>
    request<{ sentence: string }>("GET", `${at(project)}/images/${image}/removal`),
  removeImage: (project: string, image: string) =>
    request<null>("DELETE", `${at(project)}/images/${image}`),

  jobs: (project: string) => request<Job[]>("GET", `${at(project)}/jobs`),
  cancelJob: (project: string, job: string) =>
    request<Job>("POST", `${at(project)}/jobs/${job}/cancel`),

  labelsIn: (project: string, box: Box, signal?: AbortSignal) =>
    request<Labels>("GET", `${at(project)}/labels?bbox=${box.join(",")}`, undefined, signal),
  labelsInState: (project: string, state: ReviewState, mine: boolean) =>
    request<Labels>(
      "GET",
      `${at(project)}/labels?review_state=${state}${mine ? "&mine=true" : ""}`,
    ),
  label: (project: string, label: string) =>
    request<Label>("GET", `${at(project)}/labels/${label}`),
  labelHistory: (project: string, label: string) =>
    request<EditRow[]>("GET", `${at(project)}/labels/${label}/history`),
  /** Its outline before it was changed; null where it never was. */
  labelBefore: (project: string, label: string) =>
    request<Before | null>("GET", `${at(project)}/labels/${label}/before`),
  labelOverlaps: (project: string, label: string) =>
    request<Overlap[]>("GET", `${at(project)}/labels/${label}/overlaps`),
  windowStretch: (project: string, layer: string, view: string, box: Box) =>
    request<WindowStretch>(
      "GET",
      `${at(project)}/layers/${layer}/stretch?view=${encodeURIComponent(view)}&bbox=${box.join()}`,
    ),
  summary: (project: string) => request<Summary>("GET", `${at(project)}/summary`),
  typicalObject: (project: string) =>
    request<TypicalObject>("GET", `${at(project)}/typical-object`),
  edit: (project: string, edit: NewEdit) => request<Edit>("POST", `${at(project)}/edits`, edit),
  edits: (project: string, limit: number) =>
    request<EditRow[]>("GET", `${at(project)}/edits?limit=${limit}`),

  exportPreview: (project: string, state: ExportChoice["state"] | null) =>
    request<ExportPreview>(
      "GET",
      `${at(project)}/exports/preview${state === null ? "" : `?state=${state}`}`,
    ),
  startExport: (project: string, choice: ExportChoice) =>
    request<Job>("POST", `${at(project)}/exports`, choice),
  exportFile: (project: string, job: string) => `${at(project)}/exports/${job}/file`,
  exportSummary: (project: string, job: string) => `${at(project)}/exports/${job}/summary`,
} as const;
