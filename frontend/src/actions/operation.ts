import type { Mode } from "../state/tool";

export type Group = "tool" | "draft" | "label" | "class" | "map" | "review" | "page";

export interface Operation {
  readonly id: string;
  readonly title: string;
  readonly group: Group;
  /** The shortcut as a person reads it; empty without one. */
  readonly key: string;
  /** The shortcuts as `keyName` spells them. */
  readonly keys: readonly string[];
  /** Where the keys mean this. */
  readonly modes: readonly Mode[];
  /** False: not to be shown here and now. */
  readonly available: () => boolean;
  /** Why it cannot be run now; null when it can. */
  readonly disabled: () => string | null;
  readonly run: () => void;
  /** For keys that are held: called when the key comes up. */
  readonly release?: () => void;
}

export type Spec = Pick<Operation, "id" | "title" | "group" | "run"> & Partial<Operation>;

export const LABELLING: readonly Mode[] = ["label", "crosshair", "draw", "vertices"];
export const MAP: readonly Mode[] = [...LABELLING, "review"];

/** Fills in what an operation does not say. */
export function operationOf(spec: Spec): Operation {
  return {
    key: (spec.keys ?? []).map(words).join(" or "),
    keys: [],
    modes: LABELLING,
    available: () => true,
    disabled: () => null,
    ...spec,
  };
}

function words(name: string): string {
  const arrows: Readonly<Record<string, string>> = {
    ArrowLeft: "←",
    ArrowRight: "→",
    ArrowUp: "↑",
    ArrowDown: "↓",
    Escape: "Esc",
  };
  return name
    .split(/\+(?=.)/)
    .map((part) => arrows[part] ?? (part.length === 1 ? part.toUpperCase() : part))
    .join("+");
}
