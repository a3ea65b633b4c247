"""Which labels lie on one another: their hectares would be counted twice."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from webapp.labels.models import Label
from webapp.labels.schemas import OverlapOut


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A label near another one; its geometry is None where what is stored cannot be read."""

    label: Label
    geometry: BaseGeometry | None


@dataclass(frozen=True, slots=True)
class Shared:
    """Ground that a label shares with a neighbour."""

    neighbour: Neighbour
    area_m2: float

    def as_out(self) -> OverlapOut:
        """As the page is told of it."""
        label = self.neighbour.label
        return OverlapOut(label=label.uid, number=label.number, area_m2=self.area_m2)


def overlaps_of(label: Label) -> list[OverlapOut]:
    """The labels of the same layer that share ground with a label, the largest share first."""
    if label.deleted:
        return []
    return [each.as_out() for each in shared_ground(label, neighbours_of(label))]


def neighbours_of(label: Label) -> list[Neighbour]:
    """The other labels of a label's layer whose box meets its own; other layers are other years."""
    bounds = (label.min_x, label.min_y, label.max_x, label.max_y)
    near = Label.objects.in_bbox(label.project, bounds).filter(layer=label.layer, deleted=False)
    others = list(near.exclude(pk=label.pk).only("uid", "number", "geometry"))
    geometries = shapely.from_wkb([bytes(o.geometry) for o in others], on_invalid="ignore")
    return [Neighbour(*each) for each in zip(others, geometries, strict=True)]


def shared_ground(label: Label, near: Sequence[Neighbour]) -> list[Shared]:
    """What a label shares with its neighbours, most first.

    What is smaller than a pixel of the layer is no overlap: borders drawn along one another cross
    by less.
    """
    own = shapely.from_wkb(bytes(label.geometry))
    shared = shapely.intersection(own, [each.geometry for each in near])
    areas_m2 = shapely.area(shared) * label.project.metres_per_unit**2
    pixel_m2 = (label.layer.resolution * label.project.metres_per_unit) ** 2
    return [
        Shared(near[i], float(areas_m2[i]))
        for i in np.argsort(-areas_m2, kind="stable")
        if areas_m2[i] >= pixel_m2
    ]
