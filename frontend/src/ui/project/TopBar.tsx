import { useSignal } from "@preact/signals";
import { fitContrast } from "../../actions/fitContrast";
import { operation } from "../../actions/operations";
import { archived, layers, mayManage, project } from "../../state/project";
import { projects } from "../../state/projects";
import { navigate } from "../../state/route";
import { helpOpen, setHelpOpen } from "../../state/tool";
import {
  activeContrast,
  activeLayer,
  activeView,
  labelsVisible,
  setActiveLayer,
  setActiveView,
  setContrast,
  usualContrast,
} from "../../state/view";
import { ClassesDialog } from "../classes/ClassesDialog";
import { IconButton } from "../controls/Button";
import { Link } from "../controls/Link";
import { Mark } from "../controls/Mark";
import { ExportPart } from "../exports/ExportPart";
import { Account } from "./Account";
import { ChoiceMenu } from "./ChoiceMenu";
import { ContrastMenu } from "./ContrastMenu";
import { Places } from "./Places";
import { ProjectCrumb } from "./ProjectCrumb";
import { SettingsDialog } from "./SettingsDialog";

/** The bar over the map: where one is, how it is looked at, and where one can go. */
export function TopBar() {
  const open = project.value;
  const dialog = useSignal<"classes" | "settings" | "export" | null>(null);
  const close = () => {
    dialog.value = null;
  };
  if (open === null) return <div class="top-bar" />;
  const labelsOn = labelsVisible.value;
  const toggleLabels = operation("labels.toggle");
  return (
    <div class="top-bar">
      <Link to="/" class="mark" name="Projects">
        <Mark />
      </Link>
      <nav class="crumbs" aria-label="Project and layer">
        <ProjectCrumb
          name={open.name}
          uid={open.uid}
          others={projects.value ?? []}
          mayManage={mayManage.value}
          onOpen={(uid) => navigate(`/p/${uid}`)}
          onAll={() => navigate("/")}
          onClasses={() => {
            dialog.value = "classes";
          }}
          onSettings={() => {
            dialog.value = "settings";
          }}
        />
        {archived.value && <span class="quiet">Archived: to look at only</span>}
        {activeLayer.value && <span class="crumb-slash">/</span>}
        <ChoiceMenu
          name="Layer"
          options={layers.value
            .filter((layer) => layer.ready)
            .map((layer) => ({ id: layer.uid, name: layer.name }))}
          current={activeLayer.value?.uid ?? null}
          onChoose={setActiveLayer}
        />
      </nav>
      {activeView.value && <span class="top-gap" />}
      <ChoiceMenu
        name="View"
        shortcut="B"
        options={activeLayer.value?.views ?? []}
        current={activeView.value?.id ?? null}
        onChoose={setActiveView}
      />
      <ContrastPart />
      <IconButton
        icon={labelsOn ? "eye" : "eyeOff"}
        name={labelsOn ? "Hide labels" : "Show labels"}
        shortcut={toggleLabels.key}
        onClick={toggleLabels.run}
      />
      <div class="top-end">
        <Places
          onExport={() => {
            dialog.value = "export";
          }}
        />
        <span class="top-gap" />
        <IconButton
          icon="help"
          name="Help"
          shortcut="?"
          tip="start-below"
          onClick={() => setHelpOpen(!helpOpen.value)}
        />
        <Account />
      </div>
      {dialog.value === "classes" && <ClassesDialog onClose={close} />}
      {dialog.value === "settings" && <SettingsDialog onClose={close} />}
      {dialog.value === "export" && <ExportPart onClose={close} />}
    </div>
  );
}

function ContrastPart() {
  const view = activeView.value;
  const contrast = activeContrast.value;
  const usual = usualContrast.value;
  if (view === null || contrast === null || usual === null) return null;
  return (
    <ContrastMenu
      view={view.name}
      contrast={contrast}
      usual={usual}
      isIndex={view.legend.length > 0}
      onContrast={setContrast}
      onFit={() => void fitContrast()}
    />
  );
}
