import { computed, signal } from "@preact/signals";

export type Route =
  | { readonly page: "projects" }
  | { readonly page: "signin" }
  | { readonly page: "label"; readonly project: string }
  | { readonly page: "review"; readonly project: string }
  | { readonly page: "members"; readonly project: string }
  | { readonly page: "nowhere" };

/** The page that a path names. */
export function routeOf(path: string): Route {
  const parts = path.split("/").filter((part) => part !== "");
  const [first, project, page] = parts;
  if (first === undefined) return { page: "projects" };
  if (first === "signin" && parts.length === 1) return { page: "signin" };
  if (first === "p" && project !== undefined && parts.length <= 3) {
    if (page === undefined) return { page: "label", project };
    if (page === "review" || page === "members") return { page, project };
  }
  return { page: "nowhere" };
}

const path = signal(window.location.pathname);

export const route = computed<Route>(() => routeOf(path.value));
export const routeProject = computed<string | null>(() =>
  "project" in route.value ? route.value.project : null,
);

/** Goes to another page of this application, without loading it anew. */
export function navigate(to: string): void {
  window.history.pushState(null, "", to);
  path.value = window.location.pathname;
}

/** Follows the browser's Back and Forward. */
export function followHistory(): void {
  window.addEventListener("popstate", () => {
    path.value = window.location.pathname;
  });
}
