// @vitest-environment node
import { afterEach, expect, test, vi } from "vitest";
import { exampleLabel } from "../testing/examples";
import { ApiError, api, apiError, OfflineError, useCsrfToken, whenSignedOut } from "./client";
import { uuid7 } from "./uuid";

function answering(status: number, body: unknown) {
  const answer = vi.fn(
    async (_path: string, _init: RequestInit) =>
      new Response(body === null ? null : JSON.stringify(body), { status }),
  );
  vi.stubGlobal("fetch", answer);
  return answer;
}

afterEach(() => {
  vi.unstubAllGlobals();
  whenSignedOut(() => undefined);
});

test("a writing request carries the token of the session", async () => {
  const answer = answering(200, []);
  useCsrfToken("token-7");
  await api.createUser({ username: "u", display_name: "", password: "long enough" });
  const headers = answer.mock.calls[0]?.[1].headers as Record<string, string>;
  expect(headers["X-CSRFToken"]).toBe("token-7");
});

test("a refusal keeps code, sentence and the current label", async () => {
  const current = exampleLabel();
  answering(409, { code: "conflict", sentence: "Ben changed #128.", current });
  const refused = api.edit("p", { kind: "undo", uid: "u", edit: "e" });
  await expect(refused).rejects.toMatchObject({
    status: 409,
    code: "conflict",
    sentence: "Ben changed #128.",
    current,
  });
});

test("an answer of another shape still gets a sentence", () => {
  const error = apiError(500, "<html>");
  expect(error).toBeInstanceOf(ApiError);
  expect(error.sentence).toContain("500");
});

test("no answer is offline, and so is a gateway without a server", async () => {
  vi.stubGlobal("fetch", async () => {
    throw new TypeError("Failed to fetch");
  });
  await expect(api.projects()).rejects.toBeInstanceOf(OfflineError);
  answering(502, null);
  await expect(api.projects()).rejects.toBeInstanceOf(OfflineError);
});

test("a session that ended is told of, a wrong password is not", async () => {
  const ended = vi.fn();
  whenSignedOut(ended);
  answering(401, { code: "not_signed_in", sentence: "No." });
  await expect(api.signIn("ana", "wrong")).rejects.toBeInstanceOf(ApiError);
  expect(ended).not.toHaveBeenCalled();
  await expect(api.projects()).rejects.toBeInstanceOf(ApiError);
  expect(ended).toHaveBeenCalledOnce();
});

test("what was asked before a new sign-in says nothing of the new session", async () => {
  const ended = vi.fn();
  whenSignedOut(ended);
  useCsrfToken("before");
  answering(401, { code: "not_signed_in", sentence: "No." });
  const late = api.projects();
  useCsrfToken("after");
  await expect(late).rejects.toBeInstanceOf(ApiError);
  expect(ended).not.toHaveBeenCalled();
});

test("ids are version 7 and sort by the time they were made", () => {
  const ids = [1_700_000_000_000, 1_700_000_000_001, 1_800_000_000_000].map((time) => uuid7(time));
  expect([...ids].sort()).toEqual(ids);
  for (const id of ids) {
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  }
});
