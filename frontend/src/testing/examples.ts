/** For tests: a project, labels and answers, with what matters given. */

import type { Edit, Label, LabelClass, Layer, MultiPolygon, Project, User } from "../api/client";
import type { Answer } from "../api/socket";

export const ANA: User = { uid: "user-ana", username: "ana", display_name: "Ana Ruiz" };
export const BEN: User = { uid: "user-ben", username: "ben", display_name: "Ben Ito" };

export function square(x: number, y: number, side: number): MultiPolygon {
  return [
    [
      [
        [x, y],
        [x + side, y],
        [x + side, y + side],
        [x, y + side],
        [x, y],
      ],
    ],
  ];
}

export function exampleClass(uid: string, name: string, key: number | null): LabelClass {
  return {
    uid,
    code: uid.toUpperCase().slice(0, 10),
    name,
    colour: "#D55E00",
    pattern: "plain",
    description: "",
    order: key ?? 99,
    key,
    retired: false,
  };
}

export function exampleLayer(change: Partial<Layer> = {}): Layer {
  return {
    uid: "layer-1",
    name: "NAIP 2020",
    captured_on: "2020-05-03",
    ready: true,
    resolution: 0.6,
    pixel_m: 0.6,
    extent: [0, 0, 1000, 1000],
    tile_grid: null,
    tile_url: "/tiles/layer-1/v/{view}/{z}/{x}/{y}.webp",
    views: [
      { id: "rgb_1-2-3_p2-98", name: "Natural", legend: [] },
      { id: "rgb_4-1-2_p2-98", name: "Infrared", legend: [] },
      { id: "ndvi_4-1_f-0.2to0.8", name: "NDVI", legend: [] },
    ],
    band_roles: ["red", "green", "blue", "nir"],
    network_bands: ["red", "green", "blue"],
    images: [],
    ...change,
  };
}

export function exampleProject(change: Partial<Project> = {}): Project {
  return {
    uid: "project-1",
    name: "Dangermond",
    description: "",
    role: "manager",
    archived_at: null,
    crs: null,
    settings: {
      name: "Dangermond",
      description: "",
      keep_parts: "clicked",
      min_part_m2: 9,
      min_hole_m2: 4,
      simplify_px: 0.5,
      typical_object_m: null,
      overlaps: "reported",
      own_review_allowed: false,
      viewers_may_export: true,
    },
    classes: [
      exampleClass("iceplant", "Iceplant", 1),
      exampleClass("rushseep", "Brownheaded rush seeps", 4),
    ],
    layers: [exampleLayer()],
    members: [
      { user: ANA, role: "manager" },
      { user: BEN, role: "annotator" },
    ],
    me: ANA,
    ...change,
  };
}

export function exampleLabel(change: Partial<Label> = {}): Label {
  return {
    uid: "label-1",
    number: 128,
    layer: "layer-1",
    label_class: "iceplant",
    certainty: "sure",
    note: "",
    geometry: square(10, 10, 20),
    area_m2: 400,
    revision: 1,
    review_state: "unreviewed",
    review_comment: "",
    reviewed_by: null,
    reviewed_at: null,
    created_by: BEN,
    created_at: "2026-05-03T10:00:00Z",
    updated_at: "2026-05-03T10:00:00Z",
    clicks: 3,
    deleted: false,
    ...change,
  };
}

export function exampleEdit(uid: string, labels: Label[], change: Partial<Edit> = {}): Edit {
  return {
    uid,
    number: 1,
    kind: "create",
    author: ANA,
    created_at: "2026-05-03T10:00:00Z",
    inverts: null,
    labels,
    cut: [],
    reopened_draft: null,
    ...change,
  };
}

export function exampleAnswer(step: number, change: Partial<Answer> = {}): Answer {
  return {
    step,
    number: 1,
    limit: 5,
    settled: true,
    outline: square(10, 10, 20),
    area_m2: 400,
    parts_left_out: 0,
    specks_left_out: 0,
    holes_filled: 0,
    cut_at_image_edge: false,
    coarse_factor: 1,
    all_parts: null,
    ...change,
  };
}
