"""A project's labels with the imagery they were drawn on, for the process that cuts them.

The web side reads no pixels for this and never loads what does: see `inference.messages`.
"""

import base64
from itertools import groupby

from inference.messages import CutLabels, LabelToCut, LayerToCut
from webapp.errors import BadInput
from webapp.exchange import selection
from webapp.exchange.schemas import ExportState
from webapp.imaging.queries import layer_source
from webapp.labels.models import Label
from webapp.projects.models import Project

MOST_CLASSES = 254
"""Ids of a mask of bytes, less background and unknown."""


def order_of(
    project: Project,
    state: ExportState,
    *,
    cell_px: int,
    test_share: float,
    seed: int,
    rest_is_known: bool,
) -> CutLabels:
    """What to cut: class ids follow the taxonomy, from 1.

    Args:
        project: whose labels.
        state: which of them, as in an export.
        cell_px: side of a cell in native pixels.
        test_share: share of the cells that are kept for testing.
        seed: of the split.
        rest_is_known: whether ground without a label is background, or unknown.

    Raises:
        BadInput: there is nothing to cut, or there are too many classes.
    """
    selection.need_labels(project, state)
    classes = list(project.classes.all())
    if len(classes) > MOST_CLASSES:
        raise BadInput(
            f"The project has {len(classes)} classes and a mask holds {MOST_CLASSES}. Nothing was "
            "written."
        )
    ids = {each.pk: number for number, each in enumerate(classes, 1)}

    def place(label: Label) -> tuple[int, int]:
        return label.layer.order, label.layer.pk

    labels = sorted(selection.labels_of(project, state), key=place)
    groups = [list(group) for _, group in groupby(labels, key=place)]
    return CutLabels(
        classes={ids[each.pk]: each.name for each in classes},
        layers=[
            LayerToCut(
                name=group[0].layer.name,
                source=layer_source(group[0].layer),
                labels=[
                    LabelToCut(
                        number=label.number,
                        class_id=ids[label.label_class_id],
                        geometry=base64.b64encode(bytes(label.geometry)).decode(),
                    )
                    for label in group
                ],
            )
            for group in groups
        ],
        cell_px=cell_px,
        test_share=test_share,
        seed=seed,
        rest_is_known=rest_is_known,
    )
