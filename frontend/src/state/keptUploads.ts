/** Where unfinished uploads lie on the server, kept in the browser across a reload. */

export interface KeptUpload {
  readonly user: string;
  readonly project: string;
  readonly name: string;
  readonly size: number;
  /** When the file was changed last: a file of one name and size may be another one. */
  readonly modified: number;
  readonly address: string;
}

const KEY = "segmap.uploads";

function isKept(value: unknown): value is KeptUpload {
  return typeof value === "object" && value !== null && "address" in value && "name" in value;
}

function read(): readonly KeptUpload[] {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    return Array.isArray(value) ? value.filter(isKept) : [];
  } catch {
    return [];
  }
}

function write(uploads: readonly KeptUpload[]): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(uploads));
  } catch {
    // A browser that keeps nothing still uploads; it only cannot go on after a reload.
  }
}

export function keepUpload(upload: KeptUpload): void {
  write([...read().filter(({ address }) => address !== upload.address), upload]);
}

export function forgetUpload(address: string): void {
  write(read().filter((kept) => kept.address !== address));
}

export function keptUploads(user: string, project: string): readonly KeptUpload[] {
  return read().filter((kept) => kept.user === user && kept.project === project);
}

/** Where this very file lies already, if it was begun. */
export function addressOf(user: string, project: string, file: File): string | null {
  const found = keptUploads(user, project).find(
    ({ name, size, modified }) =>
      name === file.name && size === file.size && modified === file.lastModified,
  );
  return found?.address ?? null;
}
