import type { ComponentChildren } from "preact";
import type { Layer } from "../../api/client";
import { IconButton } from "../controls/Button";
import { Segmented } from "../controls/Segmented";
import { Slider } from "../controls/Slider";
import { percent } from "../words";

type Fill = "outline" | "light" | "strong";

interface Props {
  readonly layers: readonly Layer[];
  readonly active: string | null;
  readonly opacity: number;
  readonly labelsVisible: boolean;
  readonly fill: Fill;
  /** What came back from review; it stands first. */
  readonly returned: ComponentChildren;
  readonly children: ComponentChildren;
  readonly onLayer: (uid: string) => void;
  readonly onOpacity: (value: number) => void;
  readonly onLabels: (visible: boolean) => void;
  readonly onFill: (fill: Fill) => void;
  readonly onCollapse: () => void;
}

const FILLS = [
  { value: "outline", words: "Outline" },
  { value: "light", words: "15 %" },
  { value: "strong", words: "40 %" },
] as const;

/** What the map shows, while no label is selected: labels, the layer, its images. */
export function LayerPanel(props: Props) {
  const { layers, active, opacity, labelsVisible } = props;
  return (
    <>
      <div class="panel-head">
        <h2>Layers</h2>
        <IconButton
          icon="forward"
          name="Hide panel"
          shortcut="]"
          tip="start-below"
          onClick={props.onCollapse}
        />
      </div>
      <div class="panel-body">
        {props.returned}
        <section class="panel-part" aria-label="Labels">
          <div class="layer-line">
            <h3 class="layer-name">Labels</h3>
            <IconButton
              icon={labelsVisible ? "eye" : "eyeOff"}
              name={labelsVisible ? "Hide labels" : "Show labels"}
              small
              tip="start-below"
              onClick={() => props.onLabels(!labelsVisible)}
            />
          </div>
          <Segmented
            legend="Fill of labels"
            options={FILLS}
            value={props.fill}
            onChange={props.onFill}
          />
        </section>
        <section class="panel-part" aria-label="Imagery">
          <h3>Imagery</h3>
          {layers.length === 0 && <p class="quiet">No layer yet.</p>}
          {layers.map((layer) => (
            <LayerChoice
              key={layer.uid}
              layer={layer}
              active={layer.uid === active}
              onLayer={props.onLayer}
            />
          ))}
          {active !== null && (
            <Slider
              label="Opacity"
              lowest={0}
              highest={1}
              value={opacity}
              words={percent}
              live
              onValue={props.onOpacity}
            />
          )}
        </section>
        {props.children}
      </div>
    </>
  );
}

interface ChoiceProps {
  readonly layer: Layer;
  readonly active: boolean;
  readonly onLayer: (uid: string) => void;
}

function LayerChoice({ layer, active, onLayer }: ChoiceProps) {
  return (
    <label class="check">
      <input
        type="radio"
        name="layer"
        checked={active}
        disabled={!layer.ready}
        onChange={() => onLayer(layer.uid)}
      />
      <span class="truncate" title={layer.name}>
        {layer.name}
      </span>
      {!layer.ready && <span class="quiet layer-note">not ready</span>}
    </label>
  );
}
