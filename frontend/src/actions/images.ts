import { api } from "../api/client";
import { dropImage, putImage } from "../state/jobs";
import { project } from "../state/project";

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
