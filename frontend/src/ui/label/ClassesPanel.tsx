import { useLayoutEffect, useRef } from "preact/hooks";
import type { LabelClass } from "../../api/client";
import { areaWords, countWords } from "../../state/words";
import { IconButton } from "../controls/Button";
import { Icon } from "../controls/Icon";
import { type ClassFigures, ClassRow } from "./ClassRow";

interface Props {
  readonly classes: readonly LabelClass[];
  /** The last three used, shown on top of a long list. */
  readonly recent: readonly LabelClass[];
  readonly figures: ReadonlyMap<string, ClassFigures>;
  readonly current: string | null;
  readonly hidden: ReadonlySet<string>;
  readonly query: string;
  /** Grows by one when the search is to take the focus. */
  readonly searchRequest: number;
  readonly mayManage: boolean;
  readonly onQuery: (query: string) => void;
  readonly onChoose: (uid: string) => void;
  readonly onToggle: (uid: string) => void;
  readonly onManage: () => void;
  readonly onCollapse: () => void;
}

/** More classes than keys: then the recent ones stand on top. */
const MANY = 9;

/** The classes of the project; '/' goes to the search, Enter takes its first hit. */
export function ClassesPanel(props: Props) {
  const { classes, recent, query, current, mayManage } = props;
  const search = useRef<HTMLInputElement>(null);
  // Before the next key: what is typed after "/" belongs to the search.
  useLayoutEffect(() => {
    if (props.searchRequest > 0) search.current?.focus();
  }, [props.searchRequest]);
  const total = sum(props.figures);
  const rows = (list: readonly LabelClass[]) =>
    list.map((one) => (
      <ClassRow
        key={one.uid}
        labelClass={one}
        figures={props.figures.get(one.uid)}
        current={one.uid === current}
        visible={!props.hidden.has(one.uid)}
        onChoose={props.onChoose}
        onToggle={props.onToggle}
      />
    ));

  const onKeyDown = (event: KeyboardEvent) => {
    event.stopPropagation();
    const first = classes[0];
    if (event.key === "Enter" && first) props.onChoose(first.uid);
    if (event.key !== "Enter" && event.key !== "Escape") return;
    props.onQuery("");
    search.current?.blur();
  };

  return (
    <>
      <div class="panel-head">
        <h2>Classes</h2>
        {mayManage && <IconButton icon="settings" name="Edit classes" onClick={props.onManage} />}
        <IconButton icon="back" name="Hide panel" shortcut="[" onClick={props.onCollapse} />
      </div>
      <div class="search">
        <Icon name="search" small />
        <input
          ref={search}
          class="input"
          type="search"
          placeholder="Search classes"
          aria-label="Search classes"
          aria-keyshortcuts="/"
          value={query}
          onInput={(event) => props.onQuery(event.currentTarget.value)}
          onKeyDown={onKeyDown}
        />
        {query === "" && <kbd>/</kbd>}
      </div>
      <div class="panel-body">
        {query === "" && classes.length > MANY && recent.length > 0 && (
          <>
            <p class="class-list-title">Recent</p>
            <ul>{rows(recent)}</ul>
            <p class="class-list-title">All</p>
          </>
        )}
        <ul>{rows(classes)}</ul>
        {classes.length === 0 && (
          <Empty query={query} mayManage={mayManage} onManage={props.onManage} />
        )}
      </div>
      <div class="panel-foot">
        <span>{countWords(total.labels, "label", "labels")}</span>
        {total.labels > 0 && <span>{areaWords(total.areaM2)}</span>}
      </div>
    </>
  );
}

function Empty({ query, mayManage, onManage }: Pick<Props, "query" | "mayManage" | "onManage">) {
  if (query !== "") return <p class="panel-part quiet">No class is called that.</p>;
  return (
    <div class="panel-part">
      <p class="quiet">This project has no classes yet.</p>
      {mayManage && (
        <button type="button" class="button" onClick={onManage}>
          Make a class
        </button>
      )}
    </div>
  );
}

function sum(figures: ReadonlyMap<string, ClassFigures>): ClassFigures {
  let labels = 0;
  let areaM2 = 0;
  for (const one of figures.values()) {
    labels += one.labels;
    areaM2 += one.areaM2;
  }
  return { labels, areaM2 };
}
