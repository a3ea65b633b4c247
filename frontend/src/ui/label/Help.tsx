import { type Group, operations } from "../../actions/operations";
import { replayHints } from "../../state/hints";
import { preferences, setPreference } from "../../state/preferences";
import { helpOpen, mode, setHelpOpen } from "../../state/tool";
import { type HelpGroup, HelpSheet } from "./HelpSheet";

const TITLES: readonly { readonly group: Group; readonly title: string }[] = [
  { group: "tool", title: "Tools" },
  { group: "draft", title: "Draft and undo" },
  { group: "label", title: "Selected labels" },
  { group: "class", title: "Classes" },
  { group: "map", title: "Map" },
  { group: "review", title: "Review" },
  { group: "page", title: "Page" },
];

const GESTURES: HelpGroup = {
  title: "Pointer",
  entries: [
    { title: "Include what is there", keys: ["Click"] },
    { title: "Leave out what is there", keys: ["Right-click", "Shift+click"] },
    { title: "Pan", keys: ["Drag", "Middle drag"] },
    { title: "Zoom", keys: ["Wheel", "Pinch"] },
  ],
};

/** The help sheet, made from the operations of the mode one is in. */
export function Help() {
  if (!helpOpen.value) return null;
  const here = mode.value;
  const groups = TITLES.map(({ group, title }) => ({
    title,
    entries: merged(
      operations.filter(
        (one) =>
          one.group === group &&
          one.key !== "" &&
          (here === "elsewhere" || one.modes.includes(here)),
      ),
    ),
  })).filter((group) => group.entries.length > 0);
  return (
    <HelpSheet
      groups={here === "review" ? groups : [GESTURES, ...groups]}
      letterKeys={preferences.value.letterKeys}
      onLetterKeys={(on) => setPreference("letterKeys", on)}
      onReplayHints={() => {
        replayHints();
        setHelpOpen(false);
      }}
      onClose={() => setHelpOpen(false)}
    />
  );
}

interface Line {
  readonly title: string;
  readonly keys: readonly string[];
}

/** One line for the nine class keys and one for each set of arrows, instead of one each. */
function merged(
  list: readonly { readonly id: string; readonly title: string; readonly key: string }[],
) {
  const lines: Line[] = [];
  for (const { id, title, key } of list) {
    if (/^class\.\d$/.test(id)) {
      if (id.endsWith(".1")) lines.push({ title: "Class of this and the next", keys: ["1–9"] });
    } else if (/(Left|Right|Up|Down)$/.test(id)) {
      const shared = title.replace(/ (left|right|up|down)$/, "");
      if (id.endsWith("Left")) lines.push({ title: shared, keys: [key.replace("←", "arrows")] });
    } else {
      lines.push({ title, keys: key.split(" or ") });
    }
  }
  return lines;
}
