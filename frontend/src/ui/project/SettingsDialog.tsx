import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { measureTypicalObject, saveSettings } from "../../actions/manage";
import type { ProjectSettings } from "../../api/client";
import { project } from "../../state/project";
import { Dialog } from "../controls/Dialog";
import { reasonOf } from "../reason";
import { SettingsForm } from "./SettingsForm";

interface Props {
  readonly onClose: () => void;
}

/** What a manager may change of the project. */
export function SettingsDialog({ onClose }: Props) {
  const failure = useSignal<string | null>(null);
  const measuredM = useSignal<number | null>(null);
  useEffect(() => {
    let wanted = true;
    measureTypicalObject().then(
      (found) => {
        if (wanted) measuredM.value = found;
      },
      (error: unknown) => {
        if (wanted) failure.value = reasonOf(error);
      },
    );
    return () => {
      wanted = false;
    };
  }, []);
  const settings = project.value?.settings;
  if (settings === undefined) return null;
  const save = async (wanted: ProjectSettings) => {
    failure.value = null;
    try {
      await saveSettings(wanted);
      onClose();
    } catch (error) {
      failure.value = reasonOf(error);
    }
  };
  return (
    <Dialog title="Project settings" onClose={onClose}>
      <SettingsForm
        settings={settings}
        measuredM={measuredM.value}
        failure={failure.value}
        onSave={(wanted) => void save(wanted)}
        onCancel={onClose}
      />
    </Dialog>
  );
}
