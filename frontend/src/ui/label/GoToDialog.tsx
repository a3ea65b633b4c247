import { useSignal } from "@preact/signals";
import { useId } from "preact/hooks";
import { goTo } from "../../actions/show";
import { goToOpen, setGoToOpen } from "../../state/tool";
import { Dialog } from "../controls/Dialog";
import { TextField } from "../controls/Field";

/** Goes to coordinates or to a label's number. */
export function GoToDialog() {
  if (!goToOpen.value) return null;
  return <GoToForm onClose={() => setGoToOpen(false)} />;
}

function GoToForm({ onClose }: { readonly onClose: () => void }) {
  const text = useSignal("");
  const failure = useSignal<string | undefined>(undefined);
  const form = useId();
  const go = () => {
    const sentence = goTo(text.value);
    if (sentence === null) onClose();
    else failure.value = sentence;
  };
  return (
    <Dialog
      title="Go to a place"
      onClose={onClose}
      foot={
        <button type="submit" form={form} class="button button-primary">
          Go
        </button>
      }
    >
      <form
        id={form}
        onSubmit={(event) => {
          event.preventDefault();
          go();
        }}
      >
        <TextField
          label="Place"
          value={text.value}
          onInput={(value) => {
            text.value = value;
            failure.value = undefined;
          }}
          note="Degrees (34.4716, -120.4549), easting and northing, or a label (#128)."
          error={failure.value}
          focused
        />
      </form>
    </Dialog>
  );
}
