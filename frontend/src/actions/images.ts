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

/** What goes with an image and what stays, in the server's words. */
export async function describeRemoval(image: string): Promise<string> {
  const open = project.peek();
  if (open === null) throw new Error("No project is open.");
  return (await api.imageRemoval(open.uid, image)).sentence;
}

/** Removes an image from the server for good; labels stay. */
export async function removeImage(image: string): Promise<void> {
  const open = project.peek();
  if (open === null) return;
  await api.removeImage(open.uid, image);
  dropImage(image);
}
