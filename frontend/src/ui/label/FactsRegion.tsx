import { chooseClass, setNote, toggleCertainty } from "../../actions/classify";
import { cutLabel } from "../../actions/cutLabel";
import { deleteLabels } from "../../actions/deleteLabels";
import { loadLabelHistory } from "../../actions/labelHistory";
import { loadLabelOverlaps } from "../../actions/labelOverlaps";
import { mergeHindrance, mergeLabels } from "../../actions/mergeLabels";
import { changeHindrance, startRefining } from "../../actions/refine";
import { showLabel } from "../../actions/show";
import type { Label } from "../../api/client";
import { newestEdit, select, selectedLabel, selectedLabels } from "../../state/labels";
import { preferences } from "../../state/preferences";
import { classByUid, layers, usableClasses } from "../../state/project";
import { typedNotes } from "../../state/typedNotes";
import { LabelFacts } from "./LabelFacts";
import { LayersRegion } from "./LayersRegion";
import { SeveralFacts } from "./SeveralFacts";
import { useOfLabel } from "./useOfLabel";

/** The right panel: the selected label or labels, else what the map shows. */
export function FactsRegion() {
  if (selectedLabel.value !== null) {
    return <OneLabel key={selectedLabel.value.uid} label={selectedLabel.value} />;
  }
  if (selectedLabels.value.length > 1) {
    return (
      <SeveralFacts
        labels={selectedLabels.value}
        classes={usableClasses.value}
        areaUnit={preferences.value.areaUnit}
        locked={selectedLabels.value.map(changeHindrance).find((one) => one !== null) ?? null}
        unmergeable={mergeHindrance()}
        onClass={chooseClass}
        onMerge={mergeLabels}
        onDelete={deleteLabels}
        onClose={() => select([])}
      />
    );
  }
  return <LayersRegion />;
}

function OneLabel({ label }: { readonly label: Label }) {
  const history = useOfLabel(label, loadLabelHistory);
  const overlaps = useOfLabel(label, loadLabelOverlaps, newestEdit.value);
  return (
    <LabelFacts
      label={label}
      labelClass={classByUid.value.get(label.label_class) ?? null}
      classes={usableClasses.value}
      layerName={layers.value.find((layer) => layer.uid === label.layer)?.name ?? ""}
      history={history}
      overlaps={overlaps}
      locked={changeHindrance(label)}
      now={new Date()}
      areaUnit={preferences.value.areaUnit}
      onClass={chooseClass}
      onCertainty={(value) => {
        if (value !== label.certainty) toggleCertainty();
      }}
      typedNote={typedNotes.value.get(label.uid) ?? null}
      onNote={(text) => void setNote(label, text)}
      onRefine={startRefining}
      onCut={(gives, keeps) => void cutLabel(gives, [keeps])}
      onShow={() => showLabel(label)}
      onDelete={deleteLabels}
      onClose={() => select([])}
    />
  );
}
