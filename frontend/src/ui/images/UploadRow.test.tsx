import { describe, expect, it, vi } from "vitest";
import type { Upload } from "../../state/uploads";
import { click, mounted } from "../mounted";
import { UnfinishedRow } from "./UnfinishedRow";
import { UploadRow } from "./UploadRow";

const upload: Upload = {
  id: "1",
  project: "p",
  names: ["ortho.tif", "ortho.tfw"],
  sent: 6_000_000,
  total: 10_000_000,
  state: "sending",
  startedAt: 0,
  startedWith: 4_000_000,
  failure: "",
};

function row(change: Partial<Upload>) {
  const heard = { onPause: vi.fn(), onResume: vi.fn(), onCancel: vi.fn() };
  return {
    root: mounted(<UploadRow upload={{ ...upload, ...change }} now={2000} {...heard} />),
    heard,
  };
}

describe("an upload on its way", () => {
  it("says bytes, rate and time left, counted from where it went on", () => {
    const text = row({}).root.textContent;
    expect(text).toContain("6.0\u202fMB of 10\u202fMB".replaceAll("\u202f", " "));
    expect(text).toContain("1.0 MB/s, 4\u202fs left");
  });

  it("is paused, resumed and cancelled", () => {
    const { root, heard } = row({});
    click(root, "Pause ortho.tif, ortho.tfw");
    click(root, "Cancel ortho.tif, ortho.tfw");
    expect(heard.onPause).toHaveBeenCalledWith("1");
    expect(heard.onCancel).toHaveBeenCalledWith("1");
    const paused = row({ state: "paused" });
    expect(paused.root.textContent).toContain("Paused at 60\u202f%");
    click(paused.root, "Resume ortho.tif, ortho.tfw");
    expect(paused.heard.onResume).toHaveBeenCalledWith("1");
  });

  it("says why it failed, and can go on", () => {
    const { root, heard } = row({ state: "failed", failure: "The server's disk is full." });
    expect(root.textContent).toContain("The server's disk is full.");
    click(root, "Resume ortho.tif, ortho.tfw");
    expect(heard.onResume).toHaveBeenCalledWith("1");
  });

  it("says that a lost connection needs nobody", () => {
    expect(row({ state: "lost" }).root.textContent).toContain("goes on by itself");
  });
});

describe("a file that was begun before the page was loaded", () => {
  it("says at what share it goes on", () => {
    const file = { address: "/u/1", project: "p", name: "ortho.tif", sent: 62, total: 100 };
    const onCancel = vi.fn();
    const root = mounted(<UnfinishedRow file={file} onCancel={onCancel} />);
    expect(root.textContent).toContain("Choose the same file to go on at 62\u202f%.");
    click(root, "Cancel ortho.tif");
    expect(onCancel).toHaveBeenCalledWith("/u/1");
  });
});
