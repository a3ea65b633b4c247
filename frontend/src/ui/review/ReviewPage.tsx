import { useDrop } from "../images/useDrop";
import { GoToDialog } from "../label/GoToDialog";
import { OverMap } from "../label/OverMap";
import { StatusRegion } from "../label/StatusRegion";
import { useMapFocus } from "../label/useMapFocus";
import { TopBar } from "../project/TopBar";
import { QueueRegion } from "./QueueRegion";
import { ReviewRegion } from "./ReviewRegion";

const nothing = () => undefined;

/** The review page: what waits, the map, and the label to decide on. */
export function ReviewPage() {
  useDrop(false, nothing);
  useMapFocus();
  return (
    <div class="frame">
      <header class="frame-top">
        <TopBar />
      </header>
      <aside class="frame-start" aria-label="Queue">
        <QueueRegion />
      </aside>
      <div class="frame-map">
        <OverMap labelling={false} />
      </div>
      <aside class="frame-end" aria-label="Label under review">
        <ReviewRegion />
      </aside>
      <footer class="frame-status">
        <StatusRegion />
      </footer>
      <GoToDialog />
    </div>
  );
}
