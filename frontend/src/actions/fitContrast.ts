import { api } from "../api/client";
import { project } from "../state/project";
import { activeContrast, activeLayer, activeView, place, setContrast } from "../state/view";
import { report } from "./report";

/** Looks at the active view with the contrast that suits what the map shows. */
export async function fitContrast(): Promise<void> {
  const uid = project.peek()?.uid;
  const layer = activeLayer.peek();
  const view = activeView.peek();
  const extent = place.peek()?.extent;
  if (uid === undefined || layer === null || view === null || extent === undefined) return;
  try {
    const { stretch } = await api.windowStretch(uid, layer.uid, view.id, extent);
    // Somebody who went on to another view meanwhile asked for this one.
    if (activeView.peek() !== view) return;
    setContrast({ stretch, gamma: activeContrast.peek()?.gamma ?? 1 });
  } catch (error) {
    report(error);
  }
}
