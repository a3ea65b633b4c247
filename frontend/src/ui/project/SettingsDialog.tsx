import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { measureTypicalObject, saveSettings } from "../../actions/manage";
import { archiveProject } from "../../actions/projects";
import type { ProjectSettings } from "../../api/client";
import { project } from "../../state/project";
import { Button } from "../controls/Button";
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
  if (project.value === null) return null;
  const { settings, uid } = project.value;
  const save = async (wanted: ProjectSettings) => {
    failure.value = null;
    try {
      await saveSettings(wanted);
      onClose();
    } catch (error) {
      failure.value = reasonOf(error);
    }
  };
  const putAway = async () => {
    failure.value = null;
    try {
      await archiveProject(uid);
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
      <section class="put-away">
        <p>
          Archived, the project leaves the lists of everybody. It can be looked at, and nobody can
          change it. A manager can bring it back, or delete it for good.
        </p>
        <Button onClick={() => void putAway()}>Archive project</Button>
      </section>
    </Dialog>
  );
}
