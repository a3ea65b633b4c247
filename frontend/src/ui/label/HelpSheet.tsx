import { Button } from "../controls/Button";
import { Dialog } from "../controls/Dialog";

export interface HelpGroup {
  readonly title: string;
  readonly entries: readonly { readonly title: string; readonly keys: readonly string[] }[];
}

interface Props {
  readonly groups: readonly HelpGroup[];
  readonly letterKeys: boolean;
  readonly onLetterKeys: (on: boolean) => void;
  readonly onReplayHints: () => void;
  readonly onClose: () => void;
}

/** Every gesture and key; the keys come from the same list that carries them out. */
export function HelpSheet({ groups, letterKeys, onLetterKeys, onReplayHints, onClose }: Props) {
  return (
    <Dialog
      title="Keys and gestures"
      wide
      onClose={onClose}
      foot={
        <>
          <label class="check spread">
            <input
              type="checkbox"
              checked={letterKeys}
              onChange={(event) => onLetterKeys(event.currentTarget.checked)}
            />
            Single letters are shortcuts
          </label>
          <Button onClick={onReplayHints}>Show the first hints again</Button>
        </>
      }
    >
      <div class="sheet">
        {groups.map((group) => (
          <section key={group.title}>
            <h3>{group.title}</h3>
            <ul>
              {group.entries.map((entry) => (
                <li key={entry.title}>
                  <span>{entry.title}</span>
                  <span class="sheet-keys">
                    {entry.keys.map((key) => (
                      <kbd key={key}>{key}</kbd>
                    ))}
                  </span>
                </li>
              ))}
            </ul>
          </section>
        ))}
      </div>
    </Dialog>
  );
}
