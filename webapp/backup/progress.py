"""How far a backup or a restore is, for whoever waits for it."""

from collections.abc import Callable

Told = Callable[[str, int, int], object]
"""Hears the stage in words, bytes done, and bytes in all."""


class Stage:
    """One part of the work. Calling it says that so many bytes more are done."""

    def __init__(self, told: Told, words: str, total_bytes: int) -> None:
        self._told, self._words, self._total_bytes = told, words, total_bytes
        self._done_bytes = 0
        self(0)

    def __call__(self, more_bytes: int) -> None:
        """Count up, and tell."""
        self._done_bytes = min(self._done_bytes + more_bytes, self._total_bytes)
        self._told(self._words, self._done_bytes, self._total_bytes)
