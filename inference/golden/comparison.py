"""Differences between what was recorded and what comes out now."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[Any]
"""Recorded arrays have many types; they are compared as float64."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One quantity of a file.

    Attributes:
        quantity: its name in the file, or what it is.
        difference: the largest absolute one; infinite where the shapes differ or one of the two
            is not a number.
        tolerance: the largest allowed; 0 = equal.
    """

    quantity: str
    difference: float
    tolerance: float

    @property
    def is_within(self) -> bool:
        """Whether the difference is allowed."""
        return self.difference <= self.tolerance


@dataclass(slots=True)
class Comparison:
    """Collects the largest difference of each quantity over the cases and steps of a file."""

    _findings: dict[str, Finding] = field(default_factory=dict)

    def add(
        self,
        quantity: str,
        found: npt.ArrayLike,
        recorded: npt.ArrayLike,
        *,
        tolerance: float = 0.0,
    ) -> None:
        """Compare two arrays of one shape.

        Args:
            quantity: under which it is reported; the worst of several counts.
            found: what comes out now.
            recorded: what should.
            tolerance: largest absolute difference allowed.
        """
        expected = np.asarray(recorded, np.float64)
        difference = largest_difference(np.asarray(found, np.float64), expected)
        self.add_difference(quantity, difference, tolerance=tolerance)

    def add_difference(self, quantity: str, difference: float, *, tolerance: float = 0.0) -> None:
        """The same for a difference that was measured elsewhere."""
        new = Finding(quantity, difference, tolerance)
        known = self._findings.get(quantity)
        if known is None or excess(new) > excess(known):
            self._findings[quantity] = new

    @property
    def findings(self) -> tuple[Finding, ...]:
        """One for each quantity, in the order in which they were first added."""
        return tuple(self._findings.values())


def excess(finding: Finding) -> tuple[bool, float]:
    """Orders findings by how bad they are: those over tolerance first, then by difference."""
    return not finding.is_within, finding.difference


def largest_difference(found: Numbers, recorded: Numbers) -> float:
    """Largest absolute difference; infinite where only one of two is a number, or shapes differ."""
    if found.shape != recorded.shape or not np.array_equal(np.isnan(found), np.isnan(recorded)):
        return float("inf")
    both = ~np.isnan(found)
    return float(np.abs(found[both] - recorded[both]).max(initial=0.0))
