import { useSignal, useSignalEffect } from "@preact/signals";
import { answerImage, describeRemoval, removeImage } from "../../actions/images";
import {
  cancelUnfinished,
  cancelUpload,
  findUnfinished,
  pauseUpload,
  resumeUpload,
  uploadFiles,
} from "../../actions/uploads";
import type { Image } from "../../api/client";
import { images } from "../../state/jobs";
import { notifyError } from "../../state/notices";
import { mayLabel, mayManage } from "../../state/project";
import { unfinished, uploads } from "../../state/uploads";
import { reasonOf } from "../reason";
import { ImageDrop } from "./ImageDrop";
import { ImageRow } from "./ImageRow";
import { RemoveImageDialog } from "./RemoveImageDialog";
import { UnfinishedRow } from "./UnfinishedRow";
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
  const busy = uploads.value.length + unfinished.value.length + shown.length > 0;
  const leaving = useSignal<Image | null>(null);
  useSignalEffect(() => {
    if (mayLabel.value) void findUnfinished();
  });
  return (
    <>
      {busy && (
        <ul class="image-list" aria-label="Images">
          <Uploads />
          {unfinished.value.map((file) => (
            <UnfinishedRow key={file.address} file={file} onCancel={cancelUnfinished} />
          ))}
          {shown.map((image) => (
            <ImageRow
              key={image.uid}
              image={image}
              mayDismiss={mayManage.value}
              mayAnswer={mayLabel.value}
              onAnswer={(uid, answers) => orTell(answerImage(uid, answers))}
              onDismiss={(uid) => orTell(removeImage(uid))}
              onRemove={(chosen) => {
                leaving.value = chosen;
              }}
            />
          ))}
        </ul>
      )}
      {leaving.value && (
        <RemoveImageDialog
          image={leaving.value}
          describe={describeRemoval}
          remove={removeImage}
          onClose={() => {
            leaving.value = null;
          }}
        />
      )}
      {mayLabel.value && (
        <ImageDrop words={words} primary={primary && !busy} onFiles={uploadFiles} />
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
        <UploadRow
          key={upload.id}
          upload={upload}
          now={now.value}
          onPause={pauseUpload}
          onResume={resumeUpload}
          onCancel={cancelUpload}
        />
      ))}
    </>
  );
}
