"""Which labels lie on one another: their hectares would be counted twice."""

import numpy as np
import shapely

from webapp.labels.models import Label
from webapp.labels.schemas import OverlapOut


def overlaps_of(label: Label) -> list[OverlapOut]:
    """The labels of the same layer that share ground with a label, the largest share first.

    Other layers are other years. What is smaller than a pixel of the layer is no overlap: borders
    drawn along one another cross by less.
    """
    if label.deleted:
        return []
    bounds = (label.min_x, label.min_y, label.max_x, label.max_y)
    near = Label.objects.in_bbox(label.project, bounds).filter(layer=label.layer, deleted=False)
    others = list(near.exclude(pk=label.pk).only("uid", "number", "geometry"))
    if not others:
        return []
    own = shapely.from_wkb(bytes(label.geometry))
    shared = shapely.intersection(own, shapely.from_wkb([bytes(o.geometry) for o in others]))
    areas_m2 = shapely.area(shared) * label.project.metres_per_unit**2
    pixel_m2 = (label.layer.resolution * label.project.metres_per_unit) ** 2
    return [
        OverlapOut(label=others[i].uid, number=others[i].number, area_m2=float(areas_m2[i]))
        for i in np.argsort(-areas_m2, kind="stable")
        if areas_m2[i] >= pixel_m2
    ]
