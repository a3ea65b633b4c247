"""Which objects are evaluated: all, some drawn at random, or those of a list kept in a file.

A list names objects of pictures that are not in the repository, so that everybody who has the
pictures judges by the same ones.
"""

import hashlib
import json
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TypeVar

import numpy as np

from inference.errors import InferenceError
from inference.evaluation.objects import (
    SMALL_PX,
    LabelledPicture,
    LabelledSource,
    ObjectRules,
    Target,
)


class ObjectListUnusable(InferenceError):
    """A list of objects that cannot be read, or does not fit the pictures."""

    def __init__(self, path: Path, reason: str) -> None:
        self.path = path
        super().__init__(f"{path} {reason} Nothing was evaluated.")


@dataclass(frozen=True, slots=True)
class ListedObject:
    """An object of a list, as `Target` has it."""

    source: str
    image: str
    id: int
    class_name: str
    area_px: int
    touches_edge: bool

    @classmethod
    def of(cls, target: Target) -> "ListedObject":
        """What a list says of a target."""
        return cls(
            target.source,
            target.image,
            target.number,
            target.class_name,
            target.area_px,
            target.touches_edge,
        )

    @property
    def key(self) -> str:
        """As the target's."""
        return f"{self.source}/{self.image}/{self.id}"


Drawn = TypeVar("Drawn", Target, ListedObject)


@dataclass(frozen=True, slots=True)
class ObjectList:
    """A list and the rules by which its objects are numbered.

    Attributes:
        sha256: of the file.
        rules: as when it was written.
        objects: by source and image.
    """

    sha256: str
    rules: ObjectRules
    objects: tuple[ListedObject, ...]


@dataclass(frozen=True, slots=True)
class SourceChoice:
    """A source to be used, and of it the pictures whose names begin so (none given: all)."""

    name: str
    prefixes: tuple[str, ...] = ()


def choose_sources(
    sources: Sequence[LabelledSource], choices: Sequence[SourceChoice]
) -> list[tuple[LabelledSource, tuple[str, ...]]]:
    """The sources to use with the beginnings of picture names; all sources without a choice.

    Raises:
        UnknownSource: a choice names none of them, or none of its pictures.
    """
    if not choices:
        return [(source, ()) for source in sources]
    by_name = {source.name: source for source in sources}
    for choice in choices:
        if choice.name not in by_name or not by_name[choice.name].names(choice.prefixes):
            raise UnknownSource(choice, sorted(by_name))
    return [(by_name[choice.name], choice.prefixes) for choice in choices]


class UnknownSource(InferenceError):
    """A source was named that the data does not have."""

    def __init__(self, choice: SourceChoice, offered: Sequence[str]) -> None:
        self.choice = choice
        super().__init__(
            f"There are no pictures of {choice.name!r} (sources: {', '.join(offered)}) whose names "
            f"begin as --source says. Nothing was evaluated; correct --source."
        )


def draw(entries: Sequence[Drawn], *, most: int | None, seed: int) -> list[Drawn]:
    """At most so many of one source's objects, drawn at random, in their order."""
    if most is None or len(entries) <= most:
        return list(entries)
    # A source's draw does not depend on which other sources are there.
    rng = np.random.default_rng([seed, zlib.crc32(entries[0].source.encode())])
    return [entries[i] for i in sorted(rng.permutation(len(entries))[:most])]


def draw_for_list(targets: Sequence[Target], *, most: int, seed: int) -> list[Target]:
    """At most so many for a list: whole objects, up to a third of them small ones.

    Objects cut by the picture's edge are left out: their true extent is unknown.
    """
    whole = [t for t in targets if not t.touches_edge]
    small = [t for t in whole if SMALL_PX[0] <= t.area_px <= SMALL_PX[1]]
    large = [t for t in whole if t.area_px > SMALL_PX[1]]
    share = max(most // 3, most - len(large))
    chosen = {t.key for t in draw(small, most=share, seed=seed)}
    chosen |= {t.key for t in draw(large, most=most - len(chosen), seed=seed)}
    return [t for t in whole if t.key in chosen]


def write_list(path: Path, targets: Sequence[Target], rules: ObjectRules, *, seed: int) -> None:
    """Write a list; a line per object, so that changes can be read."""
    head = {"seed": seed, **asdict(rules)}
    lines = ",\n".join("  " + json.dumps(asdict(ListedObject.of(t))) for t in targets)
    path.write_text(f'{{"rules": {json.dumps(head)},\n "objects": [\n{lines}\n]}}\n')


def read_list(path: Path) -> ObjectList:
    """The list in a file.

    Raises:
        ObjectListUnusable: it cannot be understood.
    """
    try:
        data = path.read_bytes()
        content = json.loads(data)
        head = dict(content["rules"])
        head.pop("seed")
        ignored = head.pop("ignored")
        rules = ObjectRules(**head, ignored=None if ignored is None else tuple(ignored))
        objects = tuple(ListedObject(**entry) for entry in content["objects"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ObjectListUnusable(
            path, "is no list of objects that can be read. Write it again with --write-objects."
        ) from error
    return ObjectList(hashlib.sha256(data).hexdigest(), rules, objects)


def targets_of(
    sources: Sequence[tuple[LabelledSource, tuple[str, ...]]],
) -> Iterator[tuple[str, list[Target]]]:
    """Each source's name and targets."""
    for source, prefixes in sources:
        yield source.name, [t for p in source.pictures(prefixes) for t in p.targets]


def pictures_with(
    sources: Sequence[LabelledSource], wanted: Sequence[ListedObject]
) -> Iterator[tuple[LabelledPicture, Target]]:
    """Each wanted object with its picture, by source and picture; others are not read.

    Raises:
        ObjectMissing: a source lacks one, or it looks different.
    """
    left = {entry.key: entry for entry in wanted}
    for source in sources:
        images = [w.image for w in wanted if w.source == source.name]
        files = [name for name in source.names() if any(i.startswith(name) for i in images)]
        for picture in source.pictures(files) if files else ():
            for target in picture.targets:
                entry = left.pop(target.key, None)
                if entry is not None:
                    if entry != ListedObject.of(target):
                        raise ObjectMissing(entry)
                    yield picture, target
    if left:
        raise ObjectMissing(next(iter(left.values())))


class ObjectMissing(InferenceError):
    """An object of a list is not in the pictures."""

    def __init__(self, entry: ListedObject) -> None:
        self.entry = entry
        super().__init__(
            f"Object {entry.id} of {entry.source}/{entry.image} is not as the list of objects has "
            f"it ({entry.class_name}, {entry.area_px} px). The evaluation stopped there. Use the "
            "pictures that the list was written for, or write the list again."
        )


def listed_by_source(
    listed: ObjectList, chosen: Sequence[tuple[LabelledSource, tuple[str, ...]]]
) -> list[tuple[str, list[ListedObject]]]:
    """The objects of a list that belong to the chosen sources and pictures, by source."""
    return [
        (
            source.name,
            [
                entry
                for entry in listed.objects
                if entry.source == source.name
                and (not prefixes or entry.image.startswith(prefixes))
            ],
        )
        for source, prefixes in chosen
    ]


def with_rules(rules: ObjectRules, listed: ObjectList) -> ObjectRules:
    """The list's rules, with the ignored classes of `rules` where they are given."""
    return listed.rules if rules.ignored is None else replace(listed.rules, ignored=rules.ignored)
