"""Reads the pickles inside PyTorch checkpoints as data: nothing in them can run.

Python's own unpickler calls whatever function a file names; that is why opening a stranger's
checkpoint can run a stranger's program. This reader takes the instructions apart itself and has
no step that imports or calls: a reference becomes a `Reference`, an object a `Record` with its
state left out. What weights are made of is known in full, so a file that refers to anything else
is refused as a whole, also where that would have stayed without effect.

The instructions are those of pickle protocol 2, which `torch.save` writes (documented in Python's
module `pickletools`).
"""

import pickletools
from dataclasses import dataclass
from typing import Any

from inference.errors import InferenceError

DICTIONARY = "collections.OrderedDict"
REBUILT_TENSOR = "torch._utils._rebuild_tensor_v2"
SETS = ("__builtin__.set", "builtins.set")
STORAGES = {
    f"torch.{kind}Storage"
    for kind in (
        "Double",
        "Float",
        "Half",
        "BFloat16",
        "Long",
        "Int",
        "Short",
        "Char",
        "Byte",
        "Bool",
    )
}
RECORDED_PACKAGE = "isegm."
"""The package of the published networks' code: its objects are read as records."""

KEY_TYPES = (str, int, float, bool, type(None))
"""Of dictionary keys; hashing anything deeper could be made to exhaust the stack."""

MOST_DIMENSIONS = 8


class HostileFile(InferenceError):
    """A file that asks for code which weights do not need."""


class DamagedFile(InferenceError):
    """A file that cannot be read to its end, or contradicts itself."""


@dataclass(frozen=True, slots=True, eq=False)
class Reference:
    """A dotted name in the file. It is never looked up."""

    name: str


@dataclass(frozen=True, slots=True, eq=False)
class Record:
    """An object of a class called `name`, without its state."""

    name: str


@dataclass(frozen=True, slots=True, eq=False)
class Storage:
    """Numbers that lie in a file of their own beside the pickle.

    Attributes:
        kind: dotted name of the storage's class, one of `STORAGES`.
        key: name of that file.
    """

    kind: str
    key: str


@dataclass(frozen=True, slots=True, eq=False)
class StoredTensor:
    """A tensor: how to see a storage, in elements."""

    storage: Storage
    offset: int
    shape: tuple[int, ...]
    stride: tuple[int, ...]


def read_pickle(data: bytes, *, origin: str) -> object:
    """The value in a pickle, of dicts, lists, tuples, numbers, strings and the classes above.

    Args:
        data: the pickle.
        origin: what to call it in errors.

    Raises:
        HostileFile: it refers to, or would call, what weights do not need.
        DamagedFile: it is cut off or makes no sense.
    """
    return _Machine(data, origin).run()


_MARK = object()

_CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}
_LITERALS = {
    "BININT", "BININT1", "BININT2", "LONG1", "LONG4", "BINFLOAT", "BINUNICODE", "BINSTRING",
    "SHORT_BINSTRING",
}  # fmt: skip
_TUPLES = {"EMPTY_TUPLE": 0, "TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}


class _Machine:
    """The pickle's stack machine, less everything that acts."""

    def __init__(self, data: bytes, origin: str) -> None:
        self.data = data
        self.origin = origin
        # Any: values of the file, whose types are checked where they matter.
        self.stack: list[Any] = []
        self.memo: dict[int, Any] = {}

    def run(self) -> object:
        """The one value that is left when the pickle stops."""
        try:
            for instruction, argument, _ in pickletools.genops(self.data):
                self.step(instruction.name, argument)
            (value,) = self.stack
        except (ValueError, TypeError, IndexError, KeyError, AttributeError) as error:
            raise DamagedFile(
                f"{self.origin} is damaged ({error}). Nothing was imported; fetch it again."
            ) from error
        return value

    def step(self, name: str, argument: Any) -> None:  # noqa: ANN401 (pickletools gives any type)
        """Do one instruction."""
        if name in _LITERALS:
            self.stack.append(argument)
        elif name in _CONSTANTS:
            self.stack.append(_CONSTANTS[name])
        elif name in _TUPLES:
            count = _TUPLES[name]
            parts = [self.stack.pop() for _ in range(count)]
            self.stack.append(tuple(reversed(parts)))
        elif name in ("BINPUT", "LONG_BINPUT"):
            self.memo[argument] = self.stack[-1]
        elif name in ("BINGET", "LONG_BINGET"):
            self.stack.append(self.memo[argument])
        elif name == "GLOBAL":
            self.stack.append(self.reference(argument))
        elif name not in ("PROTO", "STOP"):
            self.combine(name)

    def combine(self, name: str) -> None:
        """Do an instruction that works on what is on the stack."""
        stack = self.stack
        if name == "MARK":
            stack.append(_MARK)
        elif name in ("EMPTY_DICT", "EMPTY_LIST"):
            stack.append({} if name == "EMPTY_DICT" else [])
        elif name == "TUPLE":
            stack.append(tuple(self.since_mark()))
        elif name in ("APPEND", "APPENDS"):
            values = [stack.pop()] if name == "APPEND" else self.since_mark()
            self.top(list).extend(values)
        elif name in ("SETITEM", "SETITEMS"):
            pairs = [stack.pop(-2), stack.pop()] if name == "SETITEM" else self.since_mark()
            self.put(self.top(dict), pairs)
        elif name in ("REDUCE", "NEWOBJ"):
            arguments = stack.pop()
            stack.append(self.made(stack.pop(), arguments))
        elif name == "BUILD":
            stack.pop()  # the state of an object: left out
            self.top((dict, Record))
        elif name == "BINPERSID":
            stack.append(self.storage(stack.pop()))
        else:
            raise HostileFile(
                f"{self.origin} uses the pickle instruction {name}, which files of weights do not "
                "have. Nothing in it was run and nothing was imported. Fetch it from its authors, "
                "as weights/README.md says."
            )

    def since_mark(self) -> list[Any]:
        """What was put on the stack after the last mark."""
        values = []
        while (value := self.stack.pop()) is not _MARK:
            values.append(value)
        return values[::-1]

    def top(self, kind: type | tuple[type, ...]) -> Any:  # noqa: ANN401 (a value of the file)
        """The value on top, which must be of this kind."""
        if not isinstance(self.stack[-1], kind):
            raise TypeError(f"an instruction meets a value of type {type(self.stack[-1]).__name__}")
        return self.stack[-1]

    @staticmethod
    def put(into: dict[Any, Any], pairs: list[Any]) -> None:
        """Add keys and values that follow each other in `pairs`."""
        for key, value in zip(pairs[::2], pairs[1::2], strict=True):
            if not isinstance(key, KEY_TYPES):
                raise TypeError(f"a key of type {type(key).__name__}")
            into[key] = value

    def reference(self, argument: str) -> Reference:
        """What stands for a global; `argument` is module and name with a blank between."""
        name = argument.replace(" ", ".")
        known = name in (DICTIONARY, REBUILT_TENSOR, *SETS) or name in STORAGES
        if not known and not name.startswith(RECORDED_PACKAGE):
            raise HostileFile(
                f"{self.origin} asks for {name}, which weights do not need: opened by an ordinary "
                "loader it could run a program. Nothing in it was run and nothing was imported. "
                "Fetch it from its authors, as weights/README.md says."
            )
        return Reference(name)

    def made(self, what: Any, arguments: Any) -> object:  # noqa: ANN401 (values of the file)
        """What stands for the result of a call."""
        if not isinstance(what, Reference) or not isinstance(arguments, tuple):
            raise TypeError("a call of something that has no name")
        if what.name == DICTIONARY and not arguments:
            return {}
        if what.name in SETS and len(arguments) == 1:
            return arguments[0]  # a list serves; hashing its parts would not
        if what.name == REBUILT_TENSOR:
            return stored_tensor(*arguments[:4])
        if what.name.startswith(RECORDED_PACKAGE):
            return Record(what.name)
        raise TypeError(f"{what.name} with {len(arguments)} arguments")

    @staticmethod
    def storage(said: Any) -> Storage:  # noqa: ANN401 (a value of the file)
        """A storage from what `torch.save` writes: ('storage', class, key, device, elements)."""
        tag, kind, key, _, _ = said
        if tag != "storage" or not isinstance(kind, Reference) or kind.name not in STORAGES:
            raise TypeError("a part that is no storage")
        if not isinstance(key, str):
            raise TypeError("a storage without a name")
        return Storage(kind.name, key)


def stored_tensor(storage: object, offset: object, shape: object, stride: object) -> StoredTensor:
    """A tensor from the file's arguments, which must be whole numbers of at least 0."""
    if not (
        isinstance(storage, Storage) and isinstance(shape, tuple) and isinstance(stride, tuple)
    ):
        raise TypeError("a tensor without storage or shape")
    if len(shape) != len(stride) or len(shape) > MOST_DIMENSIONS:
        raise ValueError("a tensor of an impossible shape")
    numbers = (offset, *shape, *stride)
    if not all(type(n) is int and n >= 0 for n in numbers):
        raise ValueError("a tensor of an impossible shape")
    return StoredTensor(storage, numbers[0], shape, stride)
