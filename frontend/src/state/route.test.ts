import { expect, test } from "vitest";
import { routeOf } from "./route";

test("paths name pages", () => {
  expect(routeOf("/")).toEqual({ page: "projects" });
  expect(routeOf("/signin")).toEqual({ page: "signin" });
  expect(routeOf("/p/7")).toEqual({ page: "label", project: "7" });
  expect(routeOf("/p/7/")).toEqual({ page: "label", project: "7" });
  expect(routeOf("/p/7/review")).toEqual({ page: "review", project: "7" });
  expect(routeOf("/p/7/members")).toEqual({ page: "members", project: "7" });
});

test("other paths are nowhere", () => {
  for (const path of ["/p", "/x", "/p/7/other", "/p/7/review/more", "/signin/2"]) {
    expect(routeOf(path)).toEqual({ page: "nowhere" });
  }
});
