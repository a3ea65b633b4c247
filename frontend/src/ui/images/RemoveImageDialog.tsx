import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Image } from "../../api/client";
import { Button } from "../controls/Button";
import { Dialog } from "../controls/Dialog";
import { reasonOf } from "../reason";

interface Props {
  readonly image: Image;
  /** What goes and what stays, in the server's words. */
  readonly describe: (image: string) => Promise<string>;
  readonly remove: (image: string) => Promise<void>;
  readonly onClose: () => void;
}

/** Says what goes with an image and what stays, before it goes. */
export function RemoveImageDialog({ image, describe, remove, onClose }: Props) {
  const words = useSignal<string | null>(null);
  const failure = useSignal<string | null>(null);
  const busy = useSignal(false);
  useEffect(() => {
    describe(image.uid).then(
      (sentence) => {
        words.value = sentence;
      },
      (error: unknown) => {
        failure.value = reasonOf(error);
      },
    );
  }, [image.uid]);
  const go = async () => {
    busy.value = true;
    try {
      await remove(image.uid);
      onClose();
    } catch (error) {
      failure.value = reasonOf(error);
      busy.value = false;
    }
  };
  return (
    <Dialog
      title={`Remove ${image.name}`}
      onClose={onClose}
      foot={
        <>
          <Button onClick={onClose}>Keep it</Button>
          <Button
            look="danger"
            icon="trash"
            disabled={busy.value || words.value === null}
            onClick={() => void go()}
          >
            Remove image
          </Button>
        </>
      }
    >
      {failure.value && (
        <p class="notice notice-bad" role="alert">
          {failure.value}
        </p>
      )}
      <p>{words.value}</p>
    </Dialog>
  );
}
