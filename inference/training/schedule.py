"""How far a training run is, and how fast it learns there.

A run has a budget, in seconds or in steps. Progress goes from 0 to 1 as it is used up; learning
rate and crop size follow progress alone. Asking for an earlier (or later) end changes the pace of
what is left, so a run that is cut short is still annealed to the end.
"""

import math
from dataclasses import dataclass

WARM_UP_STEPS = 100
FINAL_SHARE = 0.01
"""Learning rate at the end, as a share of the highest."""


@dataclass(slots=True)
class Schedule:
    """Progress of one run.

    Attributes:
        left: seconds (or steps) until the end.
        progress: 0 at the start, 1 at the end.
        steps: taken so far.
    """

    left: float
    progress: float = 0.0
    steps: int = 0

    def advance(self, used: float) -> None:
        """Count one step that used so many seconds (or 1 step)."""
        self.steps += 1
        if used >= self.left:
            self.progress, self.left = 1.0, 0.0
            return
        self.progress += (1 - self.progress) * used / self.left
        self.left -= used

    def finish_in(self, left: float) -> None:
        """End the run so many seconds (or steps) from now."""
        self.left = left

    @property
    def is_over(self) -> bool:
        """Whether the budget is used up."""
        return self.progress >= 1

    def rate(self, highest: float) -> float:
        """Learning rate of the next step: linear warm-up, then a half cosine."""
        cosine = (1 + math.cos(math.pi * self.progress)) / 2
        annealed = highest * (FINAL_SHARE + (1 - FINAL_SHARE) * cosine)
        return annealed * min(1.0, (self.steps + 1) / WARM_UP_STEPS)
