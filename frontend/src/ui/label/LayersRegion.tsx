import { useEffect } from "preact/hooks";
import { loadReturned } from "../../actions/loadReturned";
import { showLabel } from "../../actions/show";
import { select } from "../../state/labels";
import { returnedToMe } from "../../state/myWork";
import { classByUid, layers, mayLabel, summary } from "../../state/project";
import { setTool, togglePanel } from "../../state/tool";
import {
  activeLayer,
  activeOpacity,
  cycleFill,
  labelFill,
  labelsVisible,
  setActiveLayer,
  setLabelsVisible,
  setOpacity,
} from "../../state/view";
import { ImagesPart } from "../images/ImagesPart";
import { LayerPanel } from "./LayerPanel";
import { ReturnedList } from "./ReturnedList";

/** The right panel while no label is selected: what came back, what the map shows, the images. */
export function LayersRegion() {
  const returned = summary.value?.returned_to_me ?? 0;
  useEffect(() => {
    if (returned > 0) void loadReturned();
  }, [returned]);
  return (
    <LayerPanel
      layers={layers.value}
      active={activeLayer.value?.uid ?? null}
      opacity={activeOpacity.value}
      labelsVisible={labelsVisible.value}
      fill={labelFill.value}
      returned={
        <ReturnedList
          labels={returnedToMe.value}
          classOf={(uid) => classByUid.value.get(uid)}
          onOpen={(label) => {
            setTool("select");
            select([label.uid]);
            showLabel(label);
          }}
        />
      }
      onLayer={setActiveLayer}
      onOpacity={(value) => {
        if (activeLayer.value) setOpacity(activeLayer.value.uid, value);
      }}
      onLabels={setLabelsVisible}
      onFill={(wanted) => {
        // The state knows the next fill only; two steps reach the third.
        for (let step = 0; step < 2 && labelFill.peek() !== wanted; step += 1) cycleFill();
      }}
      onCollapse={() => togglePanel("facts")}
    >
      <section class="panel-part" aria-label="Images">
        <h3>Images</h3>
        {activeLayer.value === null ? (
          <p class="quiet">{mayLabel.value ? "Add one on the map." : "None yet."}</p>
        ) : (
          <ImagesPart all words="Drop images anywhere on this page." />
        )}
      </section>
    </LayerPanel>
  );
}
