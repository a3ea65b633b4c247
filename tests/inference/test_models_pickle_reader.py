"""Pickles read as data."""

import os
import pickle
import random
from collections import OrderedDict

import pytest

from inference.models.pickle_reader import DamagedFile, HostileFile, read_pickle

PLAIN = {
    "numbers": [0, 255, 65535, -1, 2**40, -(2**70), 1.5],
    "words": ("a", "é", ""),
    "none": None,
    "yes": (True, False),
    "empty": ((), [], {}),
    "ordered": OrderedDict(b=1, a={"c": (1, 2, 3, 4)}),
    7: "a number as key",
}


def test_plain_values_come_back():
    assert read_pickle(pickle.dumps(PLAIN, protocol=2), origin="it") == PLAIN


def test_a_value_that_contains_itself_comes_back():
    loop: list[object] = []
    loop.append(loop)
    (inner,) = found = read_pickle(pickle.dumps(loop, protocol=2), origin="it")
    assert inner is found


class Calls:
    """Unpickled by Python, it calls a function."""

    def __init__(self, function, *arguments):
        self.function = function
        self.arguments = arguments

    def __reduce__(self):
        return self.function, self.arguments


def hostile_values(marker):
    touch = f"touch {marker}"
    yield Calls(os.system, touch)
    yield Calls(eval, f"__import__('os').system({touch!r})")
    yield {"deep": [1, (2, OrderedDict(a=Calls(os.system, touch)))]}
    yield Calls(getattr, Calls(__import__, "os"), "system")
    yield os.system  # not called, but asked for
    yield Calls(OrderedDict.fromkeys, "ab")


@pytest.mark.parametrize("number", range(6))
@pytest.mark.parametrize("protocol", [0, 1, 2, 4])
def test_a_hostile_pickle_is_refused_and_does_nothing(number, protocol, tmp_path):
    marker = tmp_path / "done"
    value = list(hostile_values(marker))[number]
    with pytest.raises((HostileFile, DamagedFile), match="othing was imported"):
        read_pickle(pickle.dumps(value, protocol=protocol), origin="it")
    assert not marker.exists()


def test_the_hostile_pickle_would_have_run_elsewhere(tmp_path):
    marker = tmp_path / "done"
    data = pickle.dumps(next(hostile_values(marker)), protocol=2)
    pickle.loads(data)
    assert marker.exists()
    marker.unlink()
    with pytest.raises(HostileFile, match=r"asks for posix\.system"):
        read_pickle(data, origin="it")
    assert not marker.exists()


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "exhausted"),
        (b"\x80\x02}q\x00X\x05\x00\x00\x00ab", "damaged"),
        (b"\x80\x02.", "damaged"),
        (b"\x80\x02}(K\x01.", "damaged"),
        (b"\x80\x02}]K\x01s.", "a key of type list"),
        (b"\x80\x02}K\x01\x85K\x01s.", "a key of type tuple"),
        (b"\x80\x02K\x01)R.", "a call of something that has no name"),
        (b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n)R.", "damaged"),
        (b"\x80\x02ctorch\nFloatStorage\n)R.", r"torch\.FloatStorage with 0 arguments"),
        (b"\x80\x02ccollections\nOrderedDict\n}b.", "a value of type Reference"),
        (b"\x80\x02(K\x01K\x02tQ.", "damaged"),
    ],
)
def test_a_pickle_that_makes_no_sense_is_refused(data, problem):
    with pytest.raises(DamagedFile, match=problem):
        read_pickle(data, origin="it")


@pytest.mark.filterwarnings("ignore:invalid escape sequence")  # of pickletools, at some changes
def test_whatever_is_changed_in_a_pickle_it_is_read_or_refused():
    whole = pickle.dumps(PLAIN, protocol=2)
    draw = random.Random(4)
    refused = 0
    for _ in range(3000):
        changed = bytearray(whole)
        for _ in range(draw.randint(1, 4)):
            changed[draw.randrange(len(changed))] = draw.randrange(256)
        try:
            read_pickle(bytes(changed), origin="it")
        except (DamagedFile, HostileFile):
            refused += 1
    assert 0 < refused < 3000
