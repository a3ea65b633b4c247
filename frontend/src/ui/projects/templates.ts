import type { NewProject, Pattern } from "../../api/client";

export interface Template {
  readonly id: NonNullable<NewProject["template"]>;
  readonly title: string;
  readonly words: string;
  readonly swatches: readonly { readonly colour: string; readonly pattern: Pattern }[];
}

const plain = (colour: string) => ({ colour, pattern: "plain" as const });

/** The sets of classes that a project can begin with; the server fills them in. */
export const templates: readonly Template[] = [
  {
    id: "iceplant",
    title: "Iceplant",
    words: "7 classes: iceplant (also mixed and possible) and its neighbours.",
    swatches: [
      plain("#D55E00"),
      { colour: "#D55E00", pattern: "hatch" },
      { colour: "#D55E00", pattern: "dots" },
      plain("#0072B2"),
      plain("#F0E442"),
      plain("#56B4E9"),
      plain("#009E73"),
    ],
  },
  {
    id: "isprs",
    title: "ISPRS",
    words: "6 classes: surfaces, building, low vegetation, tree, car, clutter.",
    swatches: ["#CCCCCC", "#0072B2", "#56B4E9", "#009E73", "#F0E442", "#D55E00"].map(plain),
  },
  { id: "blank", title: "Blank", words: "No classes yet: you make your own.", swatches: [] },
];
