import { useState } from "preact/hooks";
import type { ArchivedProject } from "../../api/client";
import { byteWords, countWords } from "../../state/words";
import { Button } from "../controls/Button";
import { Dialog } from "../controls/Dialog";
import { TextField } from "../controls/Field";

interface Props {
  readonly project: ArchivedProject;
  readonly failure: string | null;
  readonly busy: boolean;
  readonly onDelete: (name: string) => void;
  readonly onClose: () => void;
}

/** Says what goes with a project, and asks for its name. */
export function DeleteProjectDialog({ project, failure, busy, onDelete, onClose }: Props) {
  const [name, setName] = useState("");
  return (
    <Dialog title={`Delete ${project.name}`} onClose={onClose}>
      <form
        class="answers"
        onSubmit={(event) => {
          event.preventDefault();
          onDelete(name);
        }}
      >
        <p>
          Its {countWords(project.labels, "label", "labels")} with their history, its drafts,
          exports and {countWords(project.images, "image", "images")} (
          {byteWords(project.size_bytes)}) are removed from the server. This cannot be undone.
          Export the labels first, or leave the project in the archive.
        </p>
        <TextField
          label={`Type ${project.name}`}
          value={name}
          onInput={setName}
          error={failure ?? undefined}
          required
          focused
        />
        <div class="form-acts">
          <Button onClick={onClose}>Keep it</Button>
          <Button look="danger" icon="trash" submit disabled={busy || name.trim() !== project.name}>
            Delete for good
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
