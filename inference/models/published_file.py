"""A checkpoint as the authors of SimpleClick and CFR-ICL publish theirs.

PyTorch's zip format: a pickle {'state_dict', 'config'} and a member per tensor. The state dict
holds tensors by name, the configuration holds the parameters the network was made with, among
them an object of the authors' loss class. The pickle is read as data (`pickle_reader`); a tensor
is read when it is asked for, so that shapes can be judged before anything large is loaded.
"""

import math
import struct
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from inference.errors import InferenceError
from inference.models.pickle_reader import DamagedFile, StoredTensor, read_pickle

LARGEST_PICKLE = 16_000_000
"""Bytes. The pickle of the largest published network has a tenth of a million."""

DTYPES = {
    "torch.DoubleStorage": torch.float64,
    "torch.FloatStorage": torch.float32,
    "torch.HalfStorage": torch.float16,
    "torch.BFloat16Storage": torch.bfloat16,
}
"""Of storages that weights can lie in."""


DAMAGE = (
    OSError, zipfile.BadZipFile, EOFError, KeyError, ValueError, RuntimeError, struct.error,
)  # fmt: skip
"""What reading a damaged zip file raises."""


class UnknownFile(InferenceError):
    """A file that is not in the published format."""


@dataclass(frozen=True, slots=True)
class PublishedFile:
    """What a checkpoint says, its tensors not yet read.

    Attributes:
        path: of the file.
        prefix: of its members' names.
        tensors: by their names in the state dict.
        parameters: of the network, by name, as its authors' code was given them.
    """

    path: Path
    prefix: str
    tensors: dict[str, StoredTensor]
    parameters: dict[str, object]

    def read(self, names: Iterable[str]) -> dict[str, Tensor]:
        """Some of the tensors, float32.

        Raises:
            DamagedFile: a tensor is missing, cut off, or not of finite numbers.
        """
        found = {}
        try:
            with zipfile.ZipFile(self.path) as archive:
                for name in names:
                    found[name] = self.tensor(archive, name)
        except DAMAGE as error:
            raise DamagedFile(
                f"{self.path} is damaged ({error}). Nothing was imported; fetch it again."
            ) from error
        return found

    def tensor(self, archive: zipfile.ZipFile, name: str) -> Tensor:
        """One tensor, float32."""
        stored = self.tensors[name]
        if stored.storage.kind not in DTYPES:
            raise ValueError(f"{name} is of {stored.storage.kind}, not of real numbers")
        dtype = DTYPES[stored.storage.kind]
        raw = read_member(archive, f"{self.prefix}/data/{stored.storage.key}")
        last = sum((n - 1) * s for n, s in zip(stored.shape, stored.stride, strict=True))
        if math.prod(stored.shape) and (stored.offset + last + 1) * dtype.itemsize > len(raw):
            raise ValueError(f"{name} is cut off")
        elements = torch.frombuffer(bytearray(raw), dtype=dtype)
        values = elements.as_strided(stored.shape, stored.stride, stored.offset).float()
        if not bool(values.isfinite().all()):
            raise ValueError(f"{name} holds values that are not finite numbers")
        return values.contiguous()


def open_published_file(path: Path) -> PublishedFile:
    """Read what the checkpoint says. Nothing in it is executed or imported.

    Raises:
        UnknownFile: there is no such file, or it is of another format.
        DamagedFile: it is cut off or contradicts itself.
        HostileFile: it asks for code.
    """
    try:
        with path.open("rb") as file:
            start = file.read(4)
    except OSError as error:
        raise UnknownFile(
            f"{path} could not be opened ({error.strerror}). Nothing was imported."
        ) from error
    try:
        if not zipfile.is_zipfile(path):
            raise not_a_zip(path, start)
        with zipfile.ZipFile(path) as archive:
            pickles = [n for n in archive.namelist() if n.endswith("/data.pkl")]
            if len(pickles) != 1:
                raise UnknownFile(
                    f"{path} is a zip file but no PyTorch checkpoint. Nothing was imported; if a "
                    "checkpoint is inside, unpack it first."
                )
            prefix = pickles[0].removesuffix("/data.pkl")
            order = f"{prefix}/byteorder"
            if order in archive.namelist() and read_member(archive, order) != b"little":
                raise UnknownFile(
                    f"{path} was written on a machine with another byte order. Nothing was "
                    "imported; save it anew on an ordinary one."
                )
            data = read_member(archive, pickles[0], most=LARGEST_PICKLE)
    except DAMAGE as error:
        raise DamagedFile(
            f"{path} is damaged ({error}). Nothing was imported; fetch it again."
        ) from error
    return understood(path, prefix, read_pickle(data, origin=str(path)))


def read_member(archive: zipfile.ZipFile, name: str, *, most: int | None = None) -> bytes:
    """A member's bytes; PyTorch compresses none, so a small file cannot unfold into a huge one.

    Raises:
        ValueError: it is compressed, or larger than `most`.
        KeyError: there is none of that name.
    """
    member = archive.getinfo(name)
    if member.compress_type != zipfile.ZIP_STORED:
        raise ValueError(f"{name} is compressed")
    if most is not None and member.file_size > most:
        raise ValueError(f"{name} has {member.file_size} bytes")
    return archive.read(member)


def not_a_zip(path: Path, start: bytes) -> InferenceError:
    """Why a file that is no complete zip cannot be taken, from its first bytes."""
    if start.startswith(b"PK"):
        return DamagedFile(f"{path} is cut off. Nothing was imported; fetch it again.")
    if start[:1] == b"\x80":
        return UnknownFile(
            f"{path} is in the format that PyTorch wrote before version 1.6, which is not read "
            "here. Nothing was imported. If you trust the file, load it in PyTorch and save it "
            "again with torch.save."
        )
    return UnknownFile(
        f"{path} is no PyTorch checkpoint. Nothing was imported; weights/README.md names the "
        "files that can be."
    )


def understood(path: Path, prefix: str, content: object) -> PublishedFile:
    """The parts of a checkpoint's content; bare state dicts are taken, too."""
    state = content.get("state_dict", content) if isinstance(content, dict) else None
    if not isinstance(state, dict) or not state:
        raise UnknownFile(f"{path} holds no weights. Nothing was imported.")
    tensors = {k: v for k, v in state.items() if isinstance(k, str) and isinstance(v, StoredTensor)}
    if len(tensors) < len(state):
        raise UnknownFile(
            f"{path} holds other things than tensors where its weights should be. Nothing was "
            "imported; a training state is no checkpoint of a network."
        )
    config = content.get("config") if isinstance(content, dict) else None
    return PublishedFile(path, prefix, tensors, parameters_of(config))


def parameters_of(config: object) -> dict[str, object]:
    """The values in {'params': {name: {'value': ...}}}; empty where a file has none."""
    said = config.get("params") if isinstance(config, dict) else None
    if not isinstance(said, dict):
        return {}
    return {
        name: value["value"]
        for name, value in said.items()
        if isinstance(name, str) and isinstance(value, dict) and "value" in value
    }
