/** Why something was refused, in the words that the server or the connection gave. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : "It did not work, and nothing was changed.";
}
