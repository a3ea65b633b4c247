import { askMap } from "../state/view";

/** Takes back the last point of the outline that is being drawn. */
export function takeBackPoint(): void {
  askMap({ kind: "takeBackPoint" });
}
