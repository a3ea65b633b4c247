import { useComputed, useSignal } from "@preact/signals";
import { useState } from "preact/hooks";
import { chooseClass } from "../../actions/classify";
import { draft } from "../../state/draft";
import { draftClass } from "../../state/draftBar";
import { hiddenClasses, selectedLabel, setClassHidden } from "../../state/labels";
import { classes, mayManage, searchClasses, summary } from "../../state/project";
import { classSearchRequest, togglePanel } from "../../state/tool";
import { ClassesDialog } from "../classes/ClassesDialog";
import { ClassesPanel } from "./ClassesPanel";

const MOST_RECENT = 3;

/** The classes panel on the open project. */
export function ClassesRegion() {
  const query = useSignal("");
  const editing = useSignal(false);
  const [recent, setRecent] = useState<readonly string[]>([]);
  const figures = useComputed(
    () =>
      new Map(
        (summary.value?.classes ?? []).map((one) => [
          one.label_class,
          { labels: one.labels, areaM2: one.area_m2 },
        ]),
      ),
  );
  const current = draft.value === null ? (selectedLabel.value?.label_class ?? null) : null;
  const choose = (uid: string) => {
    setRecent([uid, ...recent.filter((one) => one !== uid)].slice(0, MOST_RECENT));
    chooseClass(uid);
  };
  return (
    <>
      <ClassesPanel
        classes={searchClasses(query.value)}
        recent={classes.value.filter((one) => recent.includes(one.uid) && !one.retired)}
        figures={figures.value}
        current={current ?? draftClass.value?.uid ?? null}
        hidden={hiddenClasses.value}
        query={query.value}
        searchRequest={classSearchRequest.value}
        mayManage={mayManage.value}
        onQuery={(text) => {
          query.value = text;
        }}
        onChoose={choose}
        onToggle={(uid) => setClassHidden(uid, !hiddenClasses.peek().has(uid))}
        onManage={() => {
          editing.value = true;
        }}
        onCollapse={() => togglePanel("classes")}
      />
      {editing.value && (
        <ClassesDialog
          onClose={() => {
            editing.value = false;
          }}
        />
      )}
    </>
  );
}
