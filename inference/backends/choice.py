"""Which back end an engine runs: the fastest one here that finds the same masks."""

import importlib.metadata
import json
import logging
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, TypeAlias

import torch

from inference.backends.backend import Backend, ChosenBackend, HalfPrecision, on_cuda
from inference.backends.comparison import Comparison, compare
from inference.backends.openvino_backend import OpenVinoBackend
from inference.backends.openvino_trial import VERDICT_FILE
from inference.errors import InferenceError
from inference.models.click_network import ClickNetwork

logger = logging.getLogger(__name__)

Wish: TypeAlias = Literal["auto", "torch", "openvino"]


class BackendUnavailable(InferenceError):
    """The back end that was asked for by name cannot run here."""

    def __init__(self, why: str) -> None:
        super().__init__(
            f"OpenVINO cannot run this model here: {why}. Nothing was started. Take "
            "--backend torch, or --backend auto to let the program choose."
        )


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """What is to be chosen for.

    Attributes:
        network: in evaluation mode, float32, on the CPU.
        weights: its file, for the trial's process.
        sha256: of that file.
        size: side of its windows.
        threads: of the CPU that it may use.
        cache: folder for converted networks; made where it is missing.
    """

    network: ClickNetwork
    weights: Path
    sha256: str
    size: int
    threads: int
    cache: Path

    def make(self, wish: Wish) -> ChosenBackend:
        """The back end for a wish.

        Raises:
            BackendUnavailable: OpenVINO was asked for by name, and cannot run here.
        """
        if wish == "openvino":
            return self._chosen(self._openvino(), "OpenVINO")
        if torch.cuda.is_available():
            return on_cuda(self.network)
        if wish == "auto" and (version := openvino_version()) is not None:
            return self._auto(self._folder(version))
        return self._torch()

    def _auto(self, folder: Path) -> ChosenBackend:
        """What an earlier trial found best; without one torch, and a trial for the next start."""
        if not (folder / VERDICT_FILE).exists():
            logger.info("OpenVINO is being tried; the next start takes it if it is faster here.")
            trial = subprocess.Popen(
                self._trial_command(folder), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
            return replace(self._torch(), trial=trial)
        verdict = Comparison(**json.loads((folder / VERDICT_FILE).read_text()))
        if verdict.is_worth_it:
            return self._chosen(self._load(folder), "OpenVINO")
        logger.info("OpenVINO is not used here: %s", verdict)
        return self._torch()

    def _torch(self) -> ChosenBackend:
        """What torch does best here: bfloat16 where that wins and finds the same, else float32."""
        if (
            torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
        ):  # torch has no public question for it
            half = HalfPrecision(self.network)
            if compare(self.network, half, size=self.size).is_worth_it:
                return self._chosen(half, "bf16")
        return self._chosen(self.network, "fp32")

    def _chosen(self, backend: Backend, words: str) -> ChosenBackend:
        threads = "1 thread" if self.threads == 1 else f"{self.threads} threads"
        return ChosenBackend(backend, f"cpu, {threads}, {words}")

    def _openvino(self) -> OpenVinoBackend:
        """OpenVINO's back end, whatever its speed; tried first where that was not done yet."""
        version = openvino_version()
        if version is None:
            raise BackendUnavailable("it is not installed (pip install openvino)")
        folder = self._folder(version)
        if not (folder / VERDICT_FILE).exists():
            logger.info("Converting the network for OpenVINO.")
            child = subprocess.run(
                self._trial_command(folder), capture_output=True, text=True, check=False
            )
            if child.returncode != 0:
                last = (child.stderr.strip().splitlines() or ["no message"])[-1]
                raise BackendUnavailable(f"trying it ended with {child.returncode} ({last})")
        return self._load(folder)

    def _load(self, folder: Path) -> OpenVinoBackend:
        return OpenVinoBackend(
            folder,
            bands=self.network.bands,
            click_radius_px=self.network.click_radius_px,
            threads=self.threads,
        )

    def _folder(self, version: str) -> Path:
        """Where the converted network and the verdict on it are kept."""
        name = f"{self.sha256[:16]}-{self.size}px-{self.threads}t-openvino-{version}"
        return self.cache / name

    def _trial_command(self, folder: Path) -> list[str]:
        command = [sys.executable, "-m", "inference.backends.openvino_trial", str(self.weights)]
        command += ["--size", str(self.size), "--threads", str(self.threads)]
        return [*command, "--out", str(folder)]


def openvino_version() -> str | None:
    """Of the installed package; None without one."""
    try:
        return importlib.metadata.version("openvino")
    except importlib.metadata.PackageNotFoundError:
        return None
