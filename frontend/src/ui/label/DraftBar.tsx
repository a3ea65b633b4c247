import type { LabelClass } from "../../api/client";
import type { DraftPhase } from "../../state/draft";
import type { DraftChip } from "../../state/draftBar";
import { Button, IconButton } from "../controls/Button";
import { ClassMenu } from "../controls/ClassMenu";
import { Icon } from "../controls/Icon";
import { Segmented } from "../controls/Segmented";

export interface DraftBarProps {
  /** What to do instead while the click tool is not at hand; null while it is armed. */
  readonly unarmed: string | null;
  readonly phase: DraftPhase;
  readonly area: string;
  readonly clicks: string;
  readonly pass: string;
  readonly sentence: string;
  readonly chips: readonly DraftChip[];
  readonly classes: readonly LabelClass[];
  readonly current: LabelClass | null;
  /** The draft's certainty is "possible"; `0` changes it. */
  readonly possible: boolean;
  /** A finger has no right button: then the bar shows the switch between + and −. */
  readonly tapExcludes: boolean;
  /** Why there is nothing to undo, redo; null when there is. With no draft these are saved edits. */
  readonly undoHindrance: string | null;
  readonly redoHindrance: string | null;
  readonly canSave: boolean;
  readonly onKeepAll: () => void;
  readonly onClass: (uid: string) => void;
  readonly onCertainty: () => void;
  readonly onTapExcludes: (value: boolean) => void;
  readonly onUndo: () => void;
  readonly onRedo: () => void;
  readonly onDiscard: () => void;
  readonly onRestart: () => void;
  readonly onSave: () => void;
}

const POLARITIES = [
  { value: "include", words: "+" },
  { value: "exclude", words: "−" },
] as const;

const TRIFLES = "Smaller than the project's smallest part or hole, which its settings name.";

/** What is being made: always under the map, so that nothing shifts when a click comes. */
export function DraftBar(props: DraftBarProps) {
  const begun = props.phase !== "none" && props.phase !== "empty";
  const many = props.chips.find((chip) => chip.id === "many");
  return (
    <section class={many ? "draft-bar draft-bar-many" : "draft-bar"} aria-label="Draft">
      <ClassMenu
        class="button button-quiet draft-class"
        classes={props.classes}
        current={props.current}
        name="Class of this draft"
        up
        onChoose={props.onClass}
      />
      {props.possible && (
        <button type="button" class="draft-chip draft-chip-act" onClick={props.onCertainty}>
          possible <kbd>0</kbd>
        </button>
      )}
      {begun ? (
        <Begun {...props} />
      ) : (
        <p class="draft-words truncate">{props.unarmed ?? props.sentence}</p>
      )}
      {many && <Advice words={many.words} onRestart={props.onRestart} />}
      <div class="draft-end">
        <div class="coarse-only">
          <Segmented
            legend="A tap"
            options={POLARITIES}
            value={props.tapExcludes ? "exclude" : "include"}
            onChange={(value) => props.onTapExcludes(value === "exclude")}
          />
        </div>
        <Acts {...props} begun={begun} />
      </div>
    </section>
  );
}

function Begun({ phase, area, clicks, pass, sentence, chips, onKeepAll }: DraftBarProps) {
  const parts = chips.find((chip) => chip.id === "parts");
  const trifles = chips.find((chip) => chip.id === "trifles");
  return (
    <>
      <span class="draft-area">{area === "" ? "–" : area}</span>
      <span class="draft-clicks">{clicks}</span>
      {sentence === "" ? (
        <span class={phase === "settled" ? "draft-pass draft-settled" : "draft-pass"}>
          {phase === "settled" && <Icon name="check" small />}
          {pass}
        </span>
      ) : (
        <span class="draft-sentence truncate">{sentence}</span>
      )}
      {parts?.operation === null && <span class="draft-chip">{parts.words}</span>}
      {parts?.operation && (
        <button type="button" class="draft-chip draft-chip-act" onClick={onKeepAll}>
          {parts.words} <kbd>K</kbd>
        </button>
      )}
      {trifles && (
        <span class="draft-trifles truncate" title={TRIFLES}>
          {trifles.words}
        </span>
      )}
    </>
  );
}

interface AdviceProps {
  readonly words: string;
  readonly onRestart: () => void;
}

/** Save, the other way out, is the bar's own button. */
function Advice({ words, onRestart }: AdviceProps) {
  return (
    <p class="draft-advice">
      <Icon name="warning" small />
      <span class="truncate">{words}</span>
      <button type="button" class="link-button" onClick={onRestart}>
        Start again
      </button>
    </p>
  );
}

function Acts(props: DraftBarProps & { readonly begun: boolean }) {
  return (
    <>
      <IconButton
        icon="undo"
        name="Undo"
        shortcut="Ctrl+Z"
        tip="top"
        reason={props.undoHindrance ?? undefined}
        onClick={props.onUndo}
      />
      <IconButton
        icon="redo"
        name="Redo"
        shortcut="Ctrl+Shift+Z"
        tip="top"
        reason={props.redoHindrance ?? undefined}
        onClick={props.onRedo}
      />
      <Button look="quiet" disabled={!props.begun} onClick={props.onDiscard}>
        Discard
      </Button>
      <Button look="primary" shortcut="Enter" disabled={!props.canSave} onClick={props.onSave}>
        Save
      </Button>
    </>
  );
}
