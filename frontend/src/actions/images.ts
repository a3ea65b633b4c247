import { ApiError, api, OfflineError, uploadImages } from "../api/client";
import { uuid7 } from "../api/uuid";
import { dropImage, dropUpload, putImage, putUpload, uploads } from "../state/jobs";
import { project } from "../state/project";

/** Sends files as one upload; how far it is shows in `uploads`, what becomes of them in `images`. */
export async function uploadFiles(files: readonly File[]): Promise<void> {
  const open = project.peek();
  if (open === null || files.length === 0) return;
  const id = uuid7();
  const update = (change: { sent?: number; total?: number; failure?: string }): void => {
    const known = uploads.peek().find((one) => one.id === id);
    if (known !== undefined) putUpload({ ...known, ...change });
  };
  const { done, cancel } = uploadImages(open.uid, files, (sent, total) => update({ sent, total }));
  putUpload({
    id,
    names: files.map((file) => file.name),
    sent: 0,
    total: files.reduce((sum, file) => sum + file.size, 0),
    startedAt: Date.now(),
    failure: null,
    cancel: () => {
      cancel();
      dropUpload(id);
    },
  });
  try {
    const images = await done;
    dropUpload(id);
    if (project.peek()?.uid === open.uid) for (const image of images) putImage(image);
  } catch (error) {
    if (!(error instanceof ApiError) && !(error instanceof OfflineError)) throw error;
    update({ failure: error.message });
  }
}

/** Answers what the import asked about an image, by the kind of question. */
export async function answerImage(
  image: string,
  answers: Readonly<Record<string, string>>,
): Promise<void> {
  const open = project.peek();
  if (open !== null) putImage(await api.answerImage(open.uid, image, answers));
}

/** Removes an image that was refused or still waits for an answer. */
export async function removeImage(image: string): Promise<void> {
  const open = project.peek();
  if (open === null) return;
  await api.removeImage(open.uid, image);
  dropImage(image);
}
