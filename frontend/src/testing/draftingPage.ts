/** For tests: an open project in which one person drafts, on a server in memory. */

import { vi } from "vitest";
import { setLink } from "../actions/link";
import { receive } from "../actions/receive";
import { clearDrafts, draft } from "../state/draft";
import { openHistory } from "../state/history";
import { clearLabels } from "../state/labels";
import { dismiss, notices } from "../state/notices";
import { setProject } from "../state/project";
import { setTool } from "../state/tool";
import { exampleAnswer, exampleProject } from "./examples";
import { type FakeServer, openFakeServer } from "./fakeServer";

/** Opens it, with the segment tool in hand. */
export function openDraftingPage(): FakeServer {
  // Counts and lists are fetched behind the actions; here nothing answers.
  vi.stubGlobal("fetch", () => new Promise(() => undefined));
  sessionStorage.clear();
  setProject(exampleProject());
  openHistory("user-ana", "project-1");
  setTool("segment");
  return openFakeServer();
}

export function closeDraftingPage(): void {
  vi.unstubAllGlobals();
  setLink(null);
  clearDrafts();
  clearLabels();
  setProject(null);
  for (const one of notices.value) dismiss(one.id);
}

/** The engine answers a click of the open draft. */
export function outlined(step: number, change: Parameters<typeof exampleAnswer>[1] = {}): void {
  const uid = draft.value?.uid ?? "";
  receive({ type: "draft.outlined", draft: uid, answer: exampleAnswer(step, change) });
}
