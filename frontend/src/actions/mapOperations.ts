/** Commands that look at the map, and the keyboard crosshair. */

import { mayLabel } from "../state/project";
import { crosshair, setCrosshair, setGoToOpen, setSpacePanning, setTool } from "../state/tool";
import {
  askMap,
  cycleFill,
  cycleView,
  labelsVisible,
  setLabelsVisible,
  setVectorsHidden,
} from "../state/view";
import { MAP, type Operation, operationOf } from "./operation";

const PAN_PX = 100;
const STEP_PX = 10;
const ARROWS = [
  ["Left", -1, 0],
  ["Right", 1, 0],
  ["Up", 0, -1],
  ["Down", 0, 1],
] as const;

export const mapOperations: readonly Operation[] = [
  operationOf({
    id: "view.next",
    title: "Next view",
    group: "map",
    keys: ["b"],
    modes: MAP,
    run: () => cycleView(1),
  }),
  operationOf({
    id: "view.previous",
    title: "Previous view",
    group: "map",
    keys: ["Shift+b"],
    modes: MAP,
    run: () => cycleView(-1),
  }),
  operationOf({
    id: "labels.toggle",
    title: "Show or hide labels",
    group: "map",
    modes: MAP,
    run: () => setLabelsVisible(!labelsVisible.peek()),
  }),
  operationOf({
    id: "labels.hide",
    title: "Only the image, while held",
    group: "map",
    keys: ["h"],
    modes: MAP,
    run: () => setVectorsHidden(true),
    release: () => setVectorsHidden(false),
  }),
  operationOf({
    id: "labels.fill",
    title: "Outline or fill",
    group: "map",
    keys: ["o"],
    modes: MAP,
    run: cycleFill,
  }),
  operationOf({
    id: "goto.open",
    title: "Go to a place",
    group: "map",
    keys: ["g"],
    modes: MAP,
    run: () => setGoToOpen(true),
  }),
  operationOf({
    id: "map.zoomIn",
    title: "Zoom in",
    group: "map",
    keys: ["+", "="],
    key: "+",
    modes: MAP,
    run: () => askMap({ kind: "zoom", steps: 1 }),
  }),
  operationOf({
    id: "map.zoomOut",
    title: "Zoom out",
    group: "map",
    keys: ["-"],
    modes: MAP,
    run: () => askMap({ kind: "zoom", steps: -1 }),
  }),
  operationOf({
    id: "map.spacePan",
    title: "Pan with the pointer, while held",
    group: "map",
    keys: ["Space"],
    modes: ["label", "draw", "vertices", "review"],
    run: () => setSpacePanning(true),
    release: () => setSpacePanning(false),
  }),
  operationOf({
    id: "map.crosshair",
    title: "Keyboard crosshair",
    group: "map",
    keys: ["c"],
    available: () => mayLabel.value,
    run: () => {
      if (!crosshair.peek()) setTool("segment");
      setCrosshair(!crosshair.peek());
    },
  }),
  ...ARROWS.map(([side, x, y]) =>
    operationOf({
      id: `map.pan${side}`,
      title: `Pan ${side.toLowerCase()}`,
      group: "map",
      keys: [`Arrow${side}`],
      modes: ["label", "draw", "vertices", "review"],
      run: () => askMap({ kind: "pan", dx: x * PAN_PX, dy: y * PAN_PX }),
    }),
  ),
  ...ARROWS.flatMap(([side, x, y]) => [
    operationOf({
      id: `crosshair.move${side}`,
      title: `Crosshair 10 px ${side.toLowerCase()}`,
      group: "map",
      keys: [`Arrow${side}`],
      modes: ["crosshair"],
      available: () => crosshair.value,
      run: () => askMap({ kind: "crosshair", dx: x * STEP_PX, dy: y * STEP_PX }),
    }),
    operationOf({
      id: `crosshair.nudge${side}`,
      title: `Crosshair 1 px ${side.toLowerCase()}`,
      group: "map",
      keys: [`Shift+Arrow${side}`],
      modes: ["crosshair"],
      available: () => crosshair.value,
      run: () => askMap({ kind: "crosshair", dx: x, dy: y }),
    }),
  ]),
  operationOf({
    id: "crosshair.include",
    title: "Include click at the crosshair",
    group: "map",
    keys: ["Space"],
    modes: ["crosshair"],
    available: () => crosshair.value,
    run: () => askMap({ kind: "crosshairClick", include: true }),
  }),
  operationOf({
    id: "crosshair.exclude",
    title: "Exclude click at the crosshair",
    group: "map",
    keys: ["Shift+Space"],
    modes: ["crosshair"],
    available: () => crosshair.value,
    run: () => askMap({ kind: "crosshairClick", include: false }),
  }),
];
