import { useRef } from "preact/hooks";
import { Button } from "../controls/Button";

interface Props {
  readonly words: string;
  readonly primary?: boolean;
  readonly onFiles: (files: readonly File[]) => void;
}

/** Where image files are picked, several at once; the page around it takes dropped ones. */
export function ImageDrop({ words, primary = false, onFiles }: Props) {
  const picker = useRef<HTMLInputElement>(null);
  return (
    <div class="drop">
      <p>{words}</p>
      <Button
        look={primary ? "primary" : "plain"}
        icon="upload"
        onClick={() => picker.current?.click()}
      >
        Choose files
      </Button>
      <input
        ref={picker}
        type="file"
        multiple
        hidden
        aria-label="Image files"
        onChange={(event) => {
          const files = Array.from(event.currentTarget.files ?? []);
          event.currentTarget.value = "";
          if (files.length > 0) onFiles(files);
        }}
      />
    </div>
  );
}
