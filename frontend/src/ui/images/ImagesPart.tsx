import { useSignal, useSignalEffect } from "@preact/signals";
import { answerImage, removeImage, uploadFiles } from "../../actions/images";
import { dropUpload, images, uploads } from "../../state/jobs";
import { notifyError } from "../../state/notices";
import { mayLabel, mayManage } from "../../state/project";
import { reasonOf } from "../reason";
import { ImageDrop } from "./ImageDrop";
import { ImageRow } from "./ImageRow";
import { UploadRow } from "./UploadRow";

const TICK_MS = 500;

const orTell = (work: Promise<unknown>) => {
  work.catch((error: unknown) => notifyError(reasonOf(error)));
};

interface Props {
  /** Also the images that are done: on the map they are seen, in a list they are named. */
  readonly all: boolean;
  readonly primary?: boolean;
  readonly words: string;
}

/** The images of the project on their way, and the place to add more. */
export function ImagesPart({ all, primary = false, words }: Props) {
  const shown = images.value.filter((image) => all || image.state !== "ready");
  const busy = uploads.value.length > 0 || shown.length > 0;
  return (
    <>
      {busy && (
        <ul class="image-list" aria-label="Images">
          <Uploads />
          {shown.map((image) => (
            <ImageRow
              key={image.uid}
              image={image}
              mayDismiss={mayManage.value}
              mayAnswer={mayLabel.value}
              onAnswer={(uid, answers) => orTell(answerImage(uid, answers))}
              onDismiss={(uid) => orTell(removeImage(uid))}
            />
          ))}
        </ul>
      )}
      {mayLabel.value && (
        <ImageDrop
          words={words}
          primary={primary && !busy}
          onFiles={(files) => uploadFiles([...files])}
        />
      )}
    </>
  );
}

/** Rate and time left change with the clock, not only with what was sent. */
function Uploads() {
  const now = useSignal(Date.now());
  useSignalEffect(() => {
    if (uploads.value.length === 0) return undefined;
    const timer = setInterval(() => {
      now.value = Date.now();
    }, TICK_MS);
    return () => clearInterval(timer);
  });
  return (
    <>
      {uploads.value.map((upload) => (
        <UploadRow key={upload.id} upload={upload} now={now.value} onDismiss={dropUpload} />
      ))}
    </>
  );
}
