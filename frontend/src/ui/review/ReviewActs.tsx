import { Button } from "../controls/Button";

interface Props {
  /** Why this person may not decide; null where they may. */
  readonly hindrance: string | null;
  readonly onAccept: () => void;
  readonly onReturn: () => void;
  readonly onPrevious: () => void;
  readonly onNext: () => void;
  readonly onFix: () => void;
}

/** The decision and the way through the queue, each with its key. */
export function ReviewActs(props: Props) {
  const locked = props.hindrance !== null;
  return (
    <div class="review-acts">
      {props.hindrance !== null && <p class="notice">{props.hindrance}</p>}
      <div class="decide">
        <Button look="primary" shortcut="A" disabled={locked} onClick={props.onAccept}>
          Accept
        </Button>
        <Button shortcut="X" disabled={locked} onClick={props.onReturn}>
          Return
        </Button>
      </div>
      <div class="decide decide-three">
        <Button look="quiet" shortcut="P" onClick={props.onPrevious}>
          Previous
        </Button>
        <Button look="quiet" shortcut="N" onClick={props.onNext}>
          Next
        </Button>
        <Button look="quiet" shortcut="F" onClick={props.onFix}>
          Fix it
        </Button>
      </div>
    </div>
  );
}
