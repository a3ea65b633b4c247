"""A folder of recorded data: which file is checked by what."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from inference.errors import InferenceError
from inference.golden.clicks import check_click_counts, check_click_maps, check_click_simulator
from inference.golden.comparison import Comparison, Finding
from inference.golden.losses import check_losses
from inference.golden.network import FORMULA_SIZES, check_formula_network, check_network
from inference.golden.sequences import check_sequence
from inference.models.checkpoint import load_weights
from inference.models.checkpoint_import import import_checkpoint
from inference.models.simple_click import SimpleClick

Check = Callable[[Path, Comparison], None]


class NothingToCheck(InferenceError):
    """A folder without recorded data, or without the network that they were recorded with."""


@dataclass(frozen=True, slots=True)
class FileReport:
    """What the check of one file found.

    Attributes:
        path: the file.
        findings: the largest difference of each quantity.
    """

    path: Path
    findings: tuple[Finding, ...]

    @property
    def is_within(self) -> bool:
        """Whether every difference is allowed."""
        return all(finding.is_within for finding in self.findings)


def check_folder(folder: Path, *, checkpoint: Path | None = None) -> Iterator[FileReport]:
    """The reports of a folder's files, each as soon as it is there.

    Args:
        folder: holds any of `network.npz`, `seq_*.npz`, `click_maps.npz`, `click_simulator.npz`,
            `noc.json`, `losses.npz` and `formula_SIZE.npz`.
        checkpoint: the network of `network.npz` and `seq_*.npz`; without it the folder's only
            `simpleclick_*.pth` or `simpleclick_*.safetensors`.

    Raises:
        NothingToCheck: there is nothing of the kind, or not that network.
        WeightsUnreadable and what `import_checkpoint` raises: the checkpoint cannot be used.
    """
    plain = checks_without_weights(folder)
    of_network = sorted([*folder.glob("network.npz"), *folder.glob("seq_*.npz")])
    if not plain and not of_network:
        raise NothingToCheck(
            f"{folder} holds no recorded data, so nothing was checked. Name a folder with "
            "network.npz, seq_*.npz, click_maps.npz, click_simulator.npz, noc.json, losses.npz or "
            "formula_*.npz."
        )
    network = load_network(checkpoint or the_checkpoint(folder)) if of_network else None
    for path, check in plain.items():
        yield report(path, check)
    if network is not None:
        for path in of_network:
            yield report(path, of_this(network, path))


def checks_without_weights(folder: Path) -> dict[Path, Check]:
    """The folder's files that need no checkpoint."""
    named: dict[str, Check] = {
        "click_maps.npz": check_click_maps,
        "click_simulator.npz": check_click_simulator,
        "noc.json": check_click_counts,
        "losses.npz": check_losses,
    }
    named |= {f"formula_{size}.npz": check_formula_network for size in FORMULA_SIZES}
    return {folder / name: check for name, check in named.items() if (folder / name).is_file()}


def of_this(network: SimpleClick, path: Path) -> Check:
    """The check of a file that was recorded with a network."""
    if path.name == "network.npz":
        return lambda path, comparison: check_network(path, network, comparison)
    return lambda path, comparison: check_sequence(path, network, comparison)


def report(path: Path, check: Check) -> FileReport:
    """Run a check."""
    comparison = Comparison()
    check(path, comparison)
    return FileReport(path, comparison.findings)


def unchecked(folder: Path) -> list[str]:
    """Names of recorded files in the folder that no check is for."""
    known = {*checks_without_weights(folder), *folder.glob("seq_*.npz"), folder / "network.npz"}
    return sorted(path.name for path in folder.glob("*.npz") if path not in known)


def the_checkpoint(folder: Path) -> Path:
    """The folder's only SimpleClick checkpoint."""
    found = [p for p in folder.glob("simpleclick_*") if p.suffix in (".pth", ".safetensors")]
    if len(found) != 1:
        raise NothingToCheck(
            f"{folder} holds {len(found)} files simpleclick_*.pth or simpleclick_*.safetensors, so "
            "the network that it was recorded with is not known. Nothing was checked; name it "
            "with --checkpoint."
        )
    return found[0]


def load_network(checkpoint: Path) -> SimpleClick:
    """The network of a published or an own weights file, in evaluation mode."""
    if checkpoint.suffix == ".safetensors":
        network, _ = load_weights(checkpoint)
    else:
        with TemporaryDirectory() as name:
            spec = import_checkpoint(checkpoint, name="golden", folder=Path(name))
            network, _ = load_weights(Path(name) / spec.file)
    if not isinstance(network, SimpleClick):
        raise NothingToCheck(
            f"{checkpoint} holds no network of the SimpleClick family, and only such were "
            "recorded. Nothing was checked; name another file."
        )
    return network
