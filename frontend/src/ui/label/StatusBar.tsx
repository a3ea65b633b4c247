import type { ScaleLine } from "../../state/view";
import { lengthWords, numberWords } from "../../state/words";

interface Props {
  /** Null before the map is there. */
  readonly scale: ScaleLine | null;
  /** Ground metres per image pixel of the active layer. */
  readonly pixelM: number | null;
  /** The last place under the pointer, in words; empty before there was one. */
  readonly pointer: string;
  readonly crsName: string | null;
  readonly modelSees: string | null;
  readonly engine: { readonly connected: boolean; readonly words: string };
  /** What is not saved yet, or "Saved". */
  readonly saved: string;
  readonly onCopy: (text: string) => void;
}

/** Scale, place, coordinate system, engine, and whether everything is saved. */
export function StatusBar(props: Props) {
  const { scale, pixelM, pointer, crsName, modelSees, engine } = props;
  return (
    <div class="status-bar">
      {scale !== null && (
        <>
          <span class="scale-bar">
            <span
              class="scale-bar-line"
              style={{ width: `${scale.widthPx}px` }}
              aria-hidden="true"
            />
            <span class="scale-bar-words">{scale.words}</span>
          </span>
          <span class="status-scale">
            1:{numberWords(Number(scale.denominator.toPrecision(3)))}
          </span>
        </>
      )}
      {pixelM !== null && <span>image pixel {lengthWords(pixelM)}</span>}
      <span class="status-place">
        {pointer !== "" && (
          <button
            type="button"
            title="Copy these coordinates"
            onClick={() => props.onCopy(pointer)}
          >
            {pointer}
          </button>
        )}
      </span>
      {crsName !== null && <span class="truncate">{crsName}</span>}
      <span class="status-end">
        {modelSees !== null && <span>Model sees: {modelSees}</span>}
        <span>
          <span class={engine.connected ? "dot dot-on" : "dot dot-warn"} aria-hidden="true" />
          {engine.words}
        </span>
        <span class="status-saved">{props.saved}</span>
      </span>
    </div>
  );
}
