import type { ProjectSettings } from "../../api/client";
import { Field } from "../controls/Field";
import { Select } from "../controls/Select";

type Rule = ProjectSettings["overlaps"];

interface Props {
  readonly value: Rule;
  readonly onValue: (value: Rule) => void;
}

const RULES = [
  { value: "reported", words: "Is kept, and told when it is saved" },
  { value: "allowed", words: "Is kept" },
  { value: "cut", words: "Is cut from the new outline" },
] as const;

const NOTE = "Labels of one layer. Only the outline that is drawn or changed is ever cut.";

/** The project's overlap rule. */
export function OverlapsField({ value, onValue }: Props) {
  return (
    <Field label="What lies on other labels" note={NOTE}>
      {(id, described) => (
        <Select id={id} described={described} options={RULES} value={value} onChange={onValue} />
      )}
    </Field>
  );
}
