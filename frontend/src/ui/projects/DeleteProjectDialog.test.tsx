import { act } from "preact/test-utils";
import { describe, expect, it, vi } from "vitest";
import type { ArchivedProject } from "../../api/client";
import { buttonOf, mounted, type } from "../mounted";
import { DeleteProjectDialog } from "./DeleteProjectDialog";

const project: ArchivedProject = {
  uid: "project-1",
  name: "Dangermond",
  archived_at: "2026-05-03T10:20:00Z",
  archived_by: "Ana Ruiz",
  labels: 1204,
  images: 1,
  size_bytes: 12_000_000,
  is_member: true,
};

describe("deleting a project for good", () => {
  it("says what goes, and takes its very name for a yes", () => {
    const onDelete = vi.fn();
    const root = mounted(
      <DeleteProjectDialog
        project={project}
        failure={null}
        busy={false}
        onDelete={onDelete}
        onClose={vi.fn()}
      />,
    );
    expect(root.textContent).toContain("1\u202f204 labels");
    expect(root.textContent).toContain("1 image (12");
    expect(root.textContent).toContain("This cannot be undone.");
    const field = root.querySelector<HTMLInputElement>("input.input");
    const form = root.querySelector("form");
    if (field === null || form === null) throw new Error("A field is missing.");
    expect(buttonOf(root, "Delete for good").disabled).toBe(true);
    type(field, "dangermond");
    expect(buttonOf(root, "Delete for good").disabled).toBe(true);
    type(field, "Dangermond");
    expect(buttonOf(root, "Delete for good").disabled).toBe(false);
    void act(() => {
      form.dispatchEvent(new Event("submit", { bubbles: true, cancelable: true }));
    });
    expect(onDelete).toHaveBeenCalledWith("Dangermond");
  });

  it("shows why it was not done", () => {
    const root = mounted(
      <DeleteProjectDialog
        project={project}
        failure="Dangermond is not archived, so it was not deleted."
        busy={false}
        onDelete={vi.fn()}
        onClose={vi.fn()}
      />,
    );
    expect(root.textContent).toContain("so it was not deleted");
  });
});
