import { useSignalEffect } from "@preact/signals";
import { useRef } from "preact/hooks";
import { hovered } from "../state/labels";
import { classByUid, crs, project } from "../state/project";
import { tool } from "../state/tool";
import { readyLayers } from "../state/view";
import { MapController } from "./mapController";
import { registerCrs } from "./projection";

/** The map of the open project. It fills its parent, and waits for the first image that can be shown. */
export function MapPane() {
  const element = useRef<HTMLDivElement>(null);
  const made = useRef<{ readonly key: string; readonly controller: MapController } | null>(null);

  useSignalEffect(() => {
    const open = project.value;
    const system = crs.value;
    const [first] = readyLayers.value;
    const target = element.current;
    const key =
      open === null || system === null || first === undefined
        ? ""
        : `${open.uid} ${system.id} ${system.proj4}`;
    if (key === (made.current?.key ?? "") || target === null) return;
    made.current?.controller.dispose();
    made.current = null;
    if (system === null || first === undefined || !registerCrs(system)) return;
    const controller = new MapController(target, system, first);
    made.current = { key, controller };
    // Outside this effect: what the layers read must not make the map anew.
    queueMicrotask(() => {
      if (made.current?.controller === controller) controller.attach();
    });
  });

  useSignalEffect(() => () => {
    made.current?.controller.dispose();
    made.current = null;
  });

  return (
    <>
      <div
        ref={element}
        class="map-canvas"
        role="application"
        aria-label="Map. Press C for a crosshair that the arrow keys move."
        // biome-ignore lint/a11y/noNoninteractiveTabindex: an application takes the focus and its keys
        tabIndex={0}
        data-rendered="false"
        data-draft-state="none"
      />
      <HoverName />
    </>
  );
}

/** The name of the label under the pointer, while no click tool is in hand. */
function HoverName() {
  const label = hovered.value;
  if (label === null || tool.value === "segment") return null;
  const labelClass = classByUid.value.get(label.label_class);
  return (
    <div class="map-name" aria-hidden="true">
      {labelClass?.name ?? "No class"} #{label.number}
      {label.certainty === "possible" ? "?" : ""}
    </div>
  );
}
