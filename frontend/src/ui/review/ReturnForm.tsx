import { useEffect, useRef, useState } from "preact/hooks";
import { Button } from "../controls/Button";

interface Props {
  readonly reasons: readonly string[];
  readonly onReturn: (comment: string) => void;
  readonly onCancel: () => void;
}

/** Why a label goes back: 1 to 5 choose a reason, words may follow, Enter sends. */
export function ReturnForm({ reasons, onReturn, onCancel }: Props) {
  const [chosen, setChosen] = useState<number | null>(null);
  const [text, setText] = useState("");
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => form.current?.focus(), []);

  const reason = chosen === null ? "" : (reasons[chosen] ?? "");
  const comment = [reason, text.trim()].filter(Boolean).join(" ");
  const send = () => {
    if (comment !== "") onReturn(comment);
  };

  const onKeyDown = (event: KeyboardEvent) => {
    // The page's own keys rest while a reason is given.
    event.stopPropagation();
    if (event.key === "Escape") onCancel();
    const typing = event.target instanceof HTMLTextAreaElement;
    if (event.key === "Enter" && !event.shiftKey && !(event.target instanceof HTMLButtonElement)) {
      event.preventDefault();
      send();
    }
    const index = Number(event.key) - 1;
    if (!typing && index in reasons) setChosen(index);
  };

  return (
    <form
      ref={form}
      class="return-form"
      tabIndex={-1}
      aria-label="Return this label"
      onKeyDown={onKeyDown}
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <div class="presets">
        {reasons.map((words, index) => (
          <button
            key={words}
            type="button"
            class="row-button preset"
            aria-pressed={index === chosen}
            onClick={() => setChosen(index === chosen ? null : index)}
          >
            <kbd>{index + 1}</kbd>
            {words}
          </button>
        ))}
      </div>
      <textarea
        class="textarea"
        rows={2}
        maxLength={1900}
        aria-label="Comment"
        placeholder="Comment"
        value={text}
        onInput={(event) => setText(event.currentTarget.value)}
      />
      <div class="decide">
        <Button onClick={onCancel}>Cancel</Button>
        <Button look="primary" submit shortcut="Enter" disabled={comment === ""}>
          Return
        </Button>
      </div>
    </form>
  );
}
