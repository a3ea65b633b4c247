import { ApiError, OfflineError } from "../api/client";
import { DroppedError } from "../api/outbox";
import { notifyError } from "../state/notices";

/** Shows why something did not work. Entries dropped after a refusal were told of with it. */
export function report(error: unknown): void {
  if (error instanceof DroppedError) return;
  if (error instanceof ApiError || error instanceof OfflineError) notifyError(error.message);
  else throw error;
}

/** For what the outbox tells of by itself (`refused`): nothing more is to be said. */
export function alreadyTold(error: unknown): void {
  if (!(error instanceof ApiError) && !(error instanceof DroppedError)) throw error;
}
