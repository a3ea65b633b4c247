import { uploadFiles } from "../../actions/uploads";
import { mayLabel } from "../../state/project";
import { collapsedPanels } from "../../state/tool";
import { useDrop } from "../images/useDrop";
import { TopBar } from "../project/TopBar";
import { ClassesRegion } from "./ClassesRegion";
import { ConflictDialog } from "./ConflictDialog";
import { DraftRegion } from "./DraftRegion";
import { FactsRegion } from "./FactsRegion";
import { GoToDialog } from "./GoToDialog";
import { OverMap } from "./OverMap";
import { StatusRegion } from "./StatusRegion";
import { ToolStrip } from "./ToolStrip";
import { useMapFocus } from "./useMapFocus";

/** The labelling page: bars above and below, classes left, facts right, the map between. */
export function LabelPage() {
  const over = useDrop(mayLabel.value, uploadFiles);
  useMapFocus();
  const away = collapsedPanels.value;
  return (
    <div class="frame">
      <header class="frame-top">
        <TopBar />
      </header>
      <section
        class={away.has("classes") ? "frame-start collapsed" : "frame-start"}
        aria-label="Classes"
      >
        <ClassesRegion />
      </section>
      <div class="frame-map">
        <ToolStrip />
        <OverMap labelling />
      </div>
      <aside class={away.has("facts") ? "frame-end collapsed" : "frame-end"} aria-label="Facts">
        <FactsRegion />
      </aside>
      <div class="frame-draft">
        <DraftRegion />
      </div>
      <footer class="frame-status">
        <StatusRegion />
      </footer>
      <GoToDialog />
      <ConflictDialog />
      {over && <div class="drop-cover">Drop the images here to add them.</div>}
    </div>
  );
}
