import type { IconName } from "./controls/icons";

/** The drawings of the operations that have a button of their own. */
export const operationIcons: Readonly<Record<string, IconName>> = {
  "tool.segment": "click",
  "tool.select": "select",
  "tool.draw": "draw",
  "tool.split": "split",
  "tool.vertices": "vertices",
  "map.zoomIn": "plus",
  "map.zoomOut": "minus",
  "map.crosshair": "crosshair",
  "goto.open": "pin",
};
