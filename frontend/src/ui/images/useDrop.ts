import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

/**
 * Takes image files dropped anywhere on the page; true while some hang over it.
 *
 * Where this person may add none they are caught all the same: else the browser leaves the page to
 * show the file.
 */
export function useDrop(open: boolean, onFiles: (files: readonly File[]) => void): boolean {
  const over = useSignal(false);
  useEffect(() => {
    const carriesFiles = (event: DragEvent) => event.dataTransfer?.types.includes("Files") ?? false;
    const drag = (event: DragEvent) => {
      if (!carriesFiles(event)) return;
      event.preventDefault();
      over.value = open;
    };
    const leave = (event: DragEvent) => {
      if (event.relatedTarget === null) over.value = false;
    };
    const drop = (event: DragEvent) => {
      if (!carriesFiles(event)) return;
      event.preventDefault();
      over.value = false;
      const files = Array.from(event.dataTransfer?.files ?? []);
      if (open && files.length > 0) onFiles(files);
    };
    document.addEventListener("dragover", drag);
    document.addEventListener("dragleave", leave);
    document.addEventListener("drop", drop);
    return () => {
      document.removeEventListener("dragover", drag);
      document.removeEventListener("dragleave", leave);
      document.removeEventListener("drop", drop);
    };
  }, [open, onFiles, over]);
  return over.value;
}
