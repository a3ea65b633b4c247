import { api } from "../api/client";
import { project } from "../state/project";
import { activeContrast, activeLayer, activePicture, place, setContrast } from "../state/view";
import { report } from "./report";

/** Looks at the active view with the contrast that suits what the map shows. */
export async function fitContrast(): Promise<void> {
  const uid = project.peek()?.uid;
  const layer = activeLayer.peek();
  const picture = activePicture.peek();
  const extent = place.peek()?.extent;
  if (uid === undefined || layer === null || picture === null || extent === undefined) return;
  try {
    const { stretch } = await api.windowStretch(uid, layer.uid, picture, extent);
    // Somebody who went on to another view meanwhile asked for this one.
    if (activePicture.peek() !== picture) return;
    setContrast({ stretch, gamma: activeContrast.peek()?.gamma ?? 1 });
  } catch (error) {
    report(error);
  }
}
