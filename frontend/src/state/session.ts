import { computed, signal } from "@preact/signals";
import { type Session, type User, useCsrfToken } from "../api/client";

const current = signal<Session | null>(null);
const ended = signal(false);

/** Null until the server has answered; `session.value.user` is null when nobody is signed in. */
export const session = computed(() => current.value);
export const me = computed<User | null>(() => current.value?.user ?? null);

/** True when a session ended under the work: a sign-in dialog opens over the page, nothing is lost. */
export const sessionEnded = computed(() => ended.value);

export function setSession(value: Session): void {
  useCsrfToken(value.csrf_token);
  current.value = value;
  if (value.user !== null) ended.value = false;
}

export function setSessionEnded(): void {
  if (current.value?.user) ended.value = true;
}
