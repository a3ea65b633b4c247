import { type Operation, operation } from "../../actions/operations";
import { armed, crosshair, tool } from "../../state/tool";
import { IconButton } from "../controls/Button";
import type { IconName } from "../controls/icons";
import { operationIcons } from "../operationIcons";

const TOOLS = ["tool.segment", "tool.select", "tool.draw", "tool.split", "tool.vertices"] as const;
const MAP = ["map.crosshair", "goto.open", "map.zoomIn", "map.zoomOut"] as const;

/** The strip of tools beside the map; each button is an operation of the list. */
export function ToolStrip() {
  return (
    <div class="tool-strip" role="toolbar" aria-label="Tools" aria-orientation="vertical">
      <Group ids={TOOLS} />
      <div class="tool-strip-end">
        <Group ids={MAP} />
      </div>
    </div>
  );
}

function Group({ ids }: { readonly ids: readonly string[] }) {
  const shown = ids.map(operation).filter((one) => one.available());
  return (
    <>
      {shown.map((one) => (
        <ToolButton key={one.id} operation={one} icon={operationIcons[one.id] ?? "help"} />
      ))}
    </>
  );
}

interface ButtonProps {
  readonly operation: Operation;
  readonly icon: IconName;
}

function ToolButton({ operation: { id, title, key, disabled, run }, icon }: ButtonProps) {
  const hindrance = disabled();
  const state = pressed(id);
  return (
    <IconButton
      class="tool"
      icon={icon}
      name={title}
      shortcut={key === "" ? undefined : key}
      reason={hindrance ?? undefined}
      tip="end"
      onClick={run}
      {...(state === null ? {} : { pressed: state })}
    />
  );
}

/** Whether a button that stays down is down; null for those that only act. */
function pressed(id: string): boolean | null {
  if (id === "tool.segment") return armed.value;
  if (id === "map.crosshair") return crosshair.value;
  return id.startsWith("tool.") ? id === `tool.${tool.value}` : null;
}
