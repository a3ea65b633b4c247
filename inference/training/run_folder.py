"""What a run leaves on disk: checkpoint, curve, picture sheets, and the request to finish."""

import csv
from pathlib import Path
from typing import Any

import torch

from inference.errors import InferenceError


class CheckpointUnreadable(InferenceError):
    """A run without a usable checkpoint."""


class RunFolder:
    """The files of one run.

    Attributes:
        path: the folder; made when something is first written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def checkpoint(self) -> Path:
        """State of the run, replaced whole at each save."""
        return self.path / "checkpoint.pt"

    @property
    def encoder(self) -> Path:
        """What a pretraining leaves at its end: the image half of its network."""
        return self.path / "encoder.pt"

    @property
    def finish_request(self) -> Path:
        """A file with a number of minutes: the running trainer ends, annealed, after them."""
        return self.path / "finish_in_minutes"

    def save(self, state: dict[str, Any]) -> None:
        """Write the checkpoint so that a kill at any moment leaves the old or the new one."""
        self.path.mkdir(parents=True, exist_ok=True)
        partial = self.checkpoint.with_suffix(".partial")
        torch.save(state, partial)
        partial.replace(self.checkpoint)

    def load(self) -> dict[str, Any]:
        """The last state saved: tensors and plain values only.

        Raises:
            CheckpointUnreadable: there is none, or it is damaged.
        """
        try:
            state: dict[str, Any] = torch.load(
                self.checkpoint, map_location="cpu", weights_only=True
            )
        except Exception as error:  # torch raises whatever the damage provokes
            raise CheckpointUnreadable(
                f"{self.checkpoint} could not be read ({error}). If the run has just started, "
                "wait for its first checkpoint; else move the folder away and start again."
            ) from error
        return state

    @property
    def losses(self) -> Path:
        """losses.csv: step (from 0) and loss of every step."""
        return self.path / "losses.csv"

    def append_loss(self, step: int, loss: float) -> None:
        """Add a step's loss, with all digits."""
        self.path.mkdir(parents=True, exist_ok=True)
        with self.losses.open("a") as file:
            file.write(f"{step},{loss!r}\n")

    def forget_losses_from(self, step: int) -> None:
        """Drop the losses of steps that were taken after the checkpoint and are taken again."""
        if not self.losses.exists():
            return
        # A kill may have cut the last line short.
        lines = [line for line in self.losses.read_text().splitlines(True) if line.endswith("\n")]
        kept = [line for line in lines if int(line.split(",")[0]) < step]
        partial = self.losses.with_suffix(".partial")
        partial.write_text("".join(kept))
        partial.replace(self.losses)

    def append_to_curve(self, row: dict[str, float]) -> None:
        """Add a row to curve.csv; the columns are those of its first row."""
        self.path.mkdir(parents=True, exist_ok=True)
        path = self.path / "curve.csv"
        columns = list(row)
        if path.exists():
            with path.open(newline="") as file:
                columns = next(csv.reader(file))
        is_new = not path.exists()
        with path.open("a", newline="") as file:
            writer = csv.DictWriter(file, columns, extrasaction="ignore")
            if is_new:
                writer.writeheader()
            writer.writerow({k: f"{v:.6g}" for k, v in row.items()})

    def last_of_curve(self) -> dict[str, float]:
        """The last measurement; empty where nothing was measured yet."""
        path = self.path / "curve.csv"
        if not path.exists():
            return {}
        with path.open(newline="") as file:
            rows = list(csv.DictReader(file))
        return {k: float(v) for k, v in rows[-1].items()} if rows else {}

    def take_finish_request(self) -> float | None:
        """Minutes until the end that somebody asked for, once; None where nobody did."""
        try:
            text = self.finish_request.read_text()
        except FileNotFoundError:
            return None
        self.finish_request.unlink()
        try:
            return max(0.0, float(text))
        except ValueError:
            return None

    def ask_to_finish(self, minutes: float) -> None:
        """Leave a request for the running trainer."""
        self.path.mkdir(parents=True, exist_ok=True)
        self.finish_request.write_text(f"{minutes}\n")
