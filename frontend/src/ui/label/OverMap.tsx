import { MapPane } from "../../map/MapPane";
import { banner } from "../../state/connection";
import { dismiss, notices } from "../../state/notices";
import { mayLabel, project } from "../../state/project";
import { collapsedPanels, togglePanel } from "../../state/tool";
import { activeLayer, activeLegend, activeView } from "../../state/view";
import { IconButton } from "../controls/Button";
import { Icon } from "../controls/Icon";
import { ImagesPart } from "../images/ImagesPart";
import { BeforeChip } from "../review/BeforeChip";
import { DraftChips } from "./DraftChips";
import { Hint } from "./Hint";
import { Legend } from "./Legend";
import { Toasts } from "./Toasts";

/** The map, and what lies over it: words, never anything to wait for. */
export function OverMap({ labelling }: { readonly labelling: boolean }) {
  const view = activeView.value;
  return (
    <main class="map-place">
      <MapPane />
      {banner.value !== null && (
        <p class="banner frame-banner" role="status">
          <Icon name="warning" small />
          {banner.value}
        </p>
      )}
      <BeforeChip />
      {labelling && <Expanders />}
      {labelling && banner.value === null && <Hint />}
      {project.value !== null && activeLayer.value === null && <NoImage />}
      <div class="over-map corner">
        {labelling && <DraftChips />}
        {view !== null && activeLegend.value.length > 1 && (
          <Legend name={view.name} stops={activeLegend.value} />
        )}
      </div>
      <Toasts notices={notices.value} onDismiss={dismiss} />
    </main>
  );
}

/** The way back for a panel that was put away. */
function Expanders() {
  const away = collapsedPanels.value;
  return (
    <>
      {away.has("classes") && (
        <div class="over-map expander expander-start">
          <IconButton
            icon="forward"
            name="Show classes"
            shortcut="["
            tip="end"
            onClick={() => togglePanel("classes")}
          />
        </div>
      )}
      {away.has("facts") && (
        <div class="over-map expander expander-end">
          <IconButton
            icon="back"
            name="Show facts"
            shortcut="]"
            tip="start-below"
            onClick={() => togglePanel("facts")}
          />
        </div>
      )}
    </>
  );
}

function NoImage() {
  return (
    <div class="over-map map-empty">
      <section class="card" aria-label="Images">
        <h2>No image to label yet</h2>
        {mayLabel.value ? (
          <ImagesPart
            all
            primary
            words="Drop a GeoTIFF here, with its side files (.tfw, .prj, .ovr) if it has some."
          />
        ) : (
          <p class="quiet">An annotator or a manager can add one.</p>
        )}
      </section>
    </div>
  );
}
