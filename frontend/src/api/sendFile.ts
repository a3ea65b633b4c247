/** One file to the server, over tus: it goes on where it broke off. */

import { DetailedError, type HttpRequest, Upload } from "tus-js-client";
import { ApiError, apiError, csrfHeader, OfflineError, reportSignedOut } from "./client";

/** Small enough for the body limits of proxies; each piece is on the server's disk when answered. */
const PIECE_BYTES = 8 * 1024 * 1024;
/** Waits between tries; an hour without any progress, then a person has to say "Resume". */
const RETRY_MS = [0, 1000, 3000, 5000, 10_000, ...Array<number>(120).fill(30_000)];
const VERSION = "1.0.0";

/** The sending was stopped here; what the server has, it keeps. */
export class StoppedError extends Error {
  override readonly name = "StoppedError";
}

export interface Listener {
  /** The server gave the file an address under which its sending can go on later. */
  readonly addressed: (address: string) => void;
  readonly sent: (bytes: number) => void;
  /** The connection is lost; it is tried again. */
  readonly lost: () => void;
}

export interface Sending {
  /** The id of the whole upload; rejects with ApiError, OfflineError or StoppedError. */
  readonly done: Promise<string>;
  readonly stop: () => void;
}

/** Sends a file to a project, from where the server has it at `address` (null: from the start). */
export function sendFile(
  project: string,
  file: File,
  address: string | null,
  listener: Listener,
): Sending {
  let stop: () => void = () => undefined;
  const done = new Promise<string>((resolve, reject) => {
    const upload = new Upload(file, {
      endpoint: `/api/projects/${project}/uploads`,
      uploadUrl: address,
      metadata: { filename: file.name },
      chunkSize: PIECE_BYTES,
      retryDelays: RETRY_MS,
      storeFingerprintForResuming: false,
      onBeforeRequest: signRequest,
      onUploadUrlAvailable: () => {
        if (upload.url !== null) listener.addressed(upload.url);
      },
      onProgress: (bytes) => listener.sent(bytes),
      onShouldRetry: (error) => {
        if (!isPassing(error)) return false;
        listener.lost();
        return true;
      },
      onSuccess: () => resolve(uploadId(upload.url ?? "")),
      onError: (error) => {
        const reason = asReason(error);
        if (reason instanceof ApiError && reason.status === 401) reportSignedOut();
        reject(reason);
      },
    });
    stop = () => {
      void upload.abort();
      reject(new StoppedError());
    };
    upload.start();
  });
  return { done, stop: () => stop() };
}

/** How many bytes the server has of an upload; null where it is gone. */
export async function measureUpload(address: string): Promise<number | null> {
  const response = await fetch(address, {
    method: "HEAD",
    headers: { "Tus-Resumable": VERSION },
    credentials: "same-origin",
  }).catch(() => {
    throw new OfflineError();
  });
  if (response.status === 404 || response.status === 410) return null;
  if (!response.ok) throw apiError(response.status, null);
  return Number(response.headers.get("Upload-Offset"));
}

/** Lets the server remove what it has of an upload; what it does not hear of, it removes later. */
export function giveUpUpload(address: string): Promise<void> {
  // A sending that was stopped just now may still hold the file for a moment.
  const retryDelays = [200, 1000, 3000];
  return Upload.terminate(address, { retryDelays, onBeforeRequest: signRequest }).catch(
    () => undefined,
  );
}

function signRequest(request: HttpRequest): void {
  for (const [name, value] of Object.entries(csrfHeader())) request.setHeader(name, value);
}

function uploadId(address: string): string {
  return address.slice(address.lastIndexOf("/") + 1);
}

/** No answer, a proxy whose server is away, or another try that still holds the file. */
function isPassing(error: Error | DetailedError): boolean {
  const reason = asReason(error);
  if (reason instanceof OfflineError) return true;
  const { status, code } = reason;
  return status === 409 || status === 423 || (status >= 500 && code === "unreadable");
}

function asReason(error: Error | DetailedError): ApiError | OfflineError {
  const answer = error instanceof DetailedError ? error.originalResponse : null;
  if (!answer) return new OfflineError();
  let body: unknown = null;
  try {
    body = JSON.parse(answer.getBody());
  } catch {
    // An answer that is no JSON (a proxy's error page) has no sentence for people.
  }
  return apiError(answer.getStatus(), body);
}
