import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { exportSummaryUrl, previewExport, startExport } from "../../actions/exports";
import { cancelJob } from "../../actions/jobs";
import type { ExportChoice, ExportPreview } from "../../api/client";
import { jobs } from "../../state/jobs";
import { reasonOf } from "../reason";
import { ExportDialog } from "./ExportDialog";

interface Props {
  readonly onClose: () => void;
}

/** The export dialog on the open project; it begins with the state that the server proposes. */
export function ExportPart({ onClose }: Props) {
  const choice = useSignal<ExportChoice>({ format: "gpkg", state: "accepted" });
  const preview = useSignal<ExportPreview | null>(null);
  const failure = useSignal<string | null>(null);
  const asked = useSignal(0);

  const load = async (state: ExportChoice["state"] | null) => {
    asked.value += 1;
    const mine = asked.value;
    preview.value = null;
    try {
      const answer = await previewExport(state);
      // An answer to an earlier choice says nothing about this one.
      if (mine !== asked.value) return;
      preview.value = answer;
      if (state === null) choice.value = { ...choice.value, state: answer.default_state };
    } catch (error) {
      if (mine === asked.value) failure.value = reasonOf(error);
    }
  };
  useEffect(() => void load(null), []);

  const choose = (wanted: ExportChoice) => {
    const sameState = wanted.state === choice.value.state;
    choice.value = wanted;
    failure.value = null;
    if (!sameState) void load(wanted.state);
  };
  const start = async () => {
    failure.value = null;
    try {
      await startExport(choice.value);
    } catch (error) {
      failure.value = reasonOf(error);
    }
  };

  return (
    <ExportDialog
      choice={choice.value}
      preview={preview.value}
      failure={failure.value}
      jobs={jobs.value.filter((job) => job.kind === "export_labels")}
      now={new Date()}
      summaryOf={exportSummaryUrl}
      onChoice={choose}
      onStart={() => void start()}
      onCancel={(job) => void cancelJob(job)}
      onClose={onClose}
    />
  );
}
