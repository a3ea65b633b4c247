import { describe, expect, it, vi } from "vitest";
import type { Image } from "../../api/client";
import { settle } from "../../testing/settle";
import { buttonOf, click, mounted } from "../mounted";
import { ImageRow } from "./ImageRow";
import { RemoveImageDialog } from "./RemoveImageDialog";

const image: Image = {
  uid: "image-1",
  layer: "layer-1",
  name: "ortho.tif",
  size_bytes: 12_000_000,
  state: "ready",
  sentence: "",
  questions: [],
  progress: 1,
  stage: "",
};

function dialog(remove: () => Promise<void>) {
  const onClose = vi.fn();
  const root = mounted(
    <RemoveImageDialog
      image={image}
      describe={async () => "The 41 labels on its layer stay where they are."}
      remove={remove}
      onClose={onClose}
    />,
  );
  return { root, onClose };
}

describe("an image that is shown", () => {
  const row = (mayDismiss: boolean, onRemove = vi.fn()) =>
    mounted(
      <ImageRow
        image={image}
        mayDismiss={mayDismiss}
        mayAnswer
        onAnswer={vi.fn()}
        onDismiss={vi.fn()}
        onRemove={onRemove}
      />,
    );

  it("is removed by managers alone, and not before they were asked", () => {
    const onRemove = vi.fn();
    click(row(true, onRemove), "Remove ortho.tif");
    expect(onRemove).toHaveBeenCalledWith(image);
    expect(row(false).querySelector("button")).toBeNull();
  });
});

describe("the question before an image is removed", () => {
  it("says what stays before it can be answered", async () => {
    const remove = vi.fn(async () => undefined);
    const { root, onClose } = dialog(remove);
    expect(buttonOf(root, "Remove image").disabled).toBe(true);
    await settle();
    expect(root.textContent).toContain("The 41 labels on its layer stay where they are.");
    click(root, "Remove image");
    await settle();
    expect(remove).toHaveBeenCalledWith("image-1");
    expect(onClose).toHaveBeenCalled();
  });

  it("stays open with the reason where the image was not removed", async () => {
    const { root, onClose } = dialog(async () => {
      throw new Error("ortho.tif is on its way, so it was not removed.");
    });
    await settle();
    click(root, "Remove image");
    await settle();
    expect(root.querySelector("[role=alert]")?.textContent).not.toBe("");
    expect(onClose).not.toHaveBeenCalled();
  });
});
