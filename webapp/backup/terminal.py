"""A line that says how far it is, where somebody looks at a terminal."""

from typing import Self

from django.core.management.base import OutputWrapper

_WIDTH = 30


class ProgressBar:
    """Draws on a terminal; elsewhere it writes each stage once. Call it as `progress.Told` says."""

    def __init__(self, out: OutputWrapper) -> None:
        self._out = out
        self._live = out.isatty()
        self._shown = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        if self._live and self._shown:
            self._out.write("")

    def __call__(self, words: str, done: int, total: int) -> None:
        """Show it, where that changes what is seen."""
        if not self._live:
            line = words
        elif total:
            filled = _WIDTH * done // total
            bar = "#" * filled + "." * (_WIDTH - filled)
            line = f"{words:32} [{bar}] {100 * done // total:3} %"
        else:
            line = f"{words:72}"
        if line == self._shown:
            return
        self._shown = line
        self._out.write(f"\r{line}" if self._live else line, ending="" if self._live else "\n")
        self._out.flush()
