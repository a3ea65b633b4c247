import { describe, expect, it } from "vitest";
import { exampleProject } from "../testing/examples";
import { archived, mayExport, mayLabel, mayManage, setProject } from "./project";

describe("an archived project", () => {
  it("can be looked at by its manager, and nothing else", () => {
    setProject(exampleProject({ archived_at: "2026-05-03T10:20:00Z" }));
    expect(archived.value).toBe(true);
    expect([mayLabel.value, mayManage.value, mayExport.value]).toEqual([false, false, false]);
  });

  it("is worked on again once it is back", () => {
    setProject(exampleProject());
    expect(archived.value).toBe(false);
    expect([mayLabel.value, mayManage.value, mayExport.value]).toEqual([true, true, true]);
  });
});
