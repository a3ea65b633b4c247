import { useRef } from "preact/hooks";
import { engine, keptChanges, linkState } from "../../state/connection";
import { cursorWords } from "../../state/cursorWords";
import { savingDrafts } from "../../state/draft";
import { modelSees } from "../../state/modelSees";
import { notify } from "../../state/notices";
import { crs } from "../../state/project";
import { activeLayer, cursor, scaleLine } from "../../state/view";
import { StatusBar } from "./StatusBar";

/** The status bar on the map, the connection and the engine. */
export function StatusRegion() {
  // The last place stays when the pointer leaves the map: else it could never be clicked.
  const last = useRef("");
  if (cursor.value !== null) last.current = cursorWords.value;
  return (
    <StatusBar
      scale={scaleLine.value}
      pixelM={activeLayer.value?.pixel_m ?? null}
      pointer={last.current}
      crsName={crs.value?.name ?? null}
      modelSees={modelSees(activeLayer.value?.network_bands ?? [], engine.value?.bands ?? [])}
      engine={engineWords()}
      saved={savedWords()}
      onCopy={copy}
    />
  );
}

function engineWords() {
  if (linkState.value !== "open") return { connected: false, words: "Not connected" };
  const now = engine.value;
  if (now === null || !now.connected) return { connected: false, words: "Engine away" };
  return { connected: true, words: `Engine ready${now.device === "" ? "" : `: ${now.device}`}` };
}

function savedWords(): string {
  const kept = keptChanges.value;
  if (kept > 0 && linkState.value !== "open") return `${kept} kept here`;
  return kept > 0 || savingDrafts.value.length > 0 ? "Saving" : "Saved";
}

/** To the clipboard, in plain digits that other programs read. */
function copy(words: string): void {
  const plain = words
    .replace(/\u202f/g, "")
    .trim()
    .replace(/\s{2,}/, ", ");
  navigator.clipboard.writeText(plain).then(
    () => notify(`Copied ${plain}.`),
    () => notify("The browser does not let this page copy."),
  );
}
