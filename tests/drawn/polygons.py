"""Polygons as a page sends them, drawn: coordinates of MultiPolygons in a map frame."""

import math
import random

from webapp.labels.schemas import MultiPolygonCoordinates


def square(x: float, y: float, side: float = 10.0) -> MultiPolygonCoordinates:
    """One square with its lower left corner at (x, y)."""
    right, upper = x + side, y + side
    return [[[[x, y], [right, y], [right, upper], [x, upper], [x, y]]]]


def square_with_hole(x: float, y: float, side: float = 10.0) -> MultiPolygonCoordinates:
    """A square whose middle is missing: a hole of a fifth of its side."""
    outside = square(x, y, side)[0][0]
    hole = square(x + 0.4 * side, y + 0.4 * side, 0.2 * side)[0][0]
    return [[outside, hole[::-1]]]


def blob(seed: int, x: float, y: float, *, points: int = 17) -> MultiPolygonCoordinates:
    """A star-shaped outline with coordinates that use all their bits."""
    rng = random.Random(seed)
    ring = []
    for index in range(points):
        angle = 2 * math.pi * index / points
        radius = 3 + 5 * rng.random()
        ring.append([x + radius * math.cos(angle), y + radius * math.sin(angle)])
    return [[[*ring, ring[0]]]]
