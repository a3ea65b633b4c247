"""Results object by object, kept while an evaluation runs, so that it can go on later."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inference.errors import InferenceError
from inference.evaluation.evaluate import ObjectResult


class OtherSettings(InferenceError):
    """The results that are there were made in another way."""

    def __init__(self, path: Path, names: list[str]) -> None:
        self.path = path
        self.names = names
        super().__init__(
            f"{path} holds results made with other settings ({', '.join(names)}), so nothing was "
            "evaluated and nothing changed. Name another --out, or delete that file to start anew."
        )


class ResultsUnreadable(InferenceError):
    """A results file that is none."""

    def __init__(self, path: Path) -> None:
        self.path = path
        super().__init__(
            f"{path} is there but holds no results that can be read. Nothing was evaluated and "
            "nothing changed. Name another --out, or delete that file to start anew."
        )


@dataclass(frozen=True, slots=True, eq=False)
class ResultsFile:
    """A file of JSON lines: the settings, then an object each.

    Attributes:
        path: where it is; None = nowhere, only in memory.
        results: of the objects done so far, by key.
    """

    path: Path | None
    results: dict[str, ObjectResult]

    @classmethod
    def in_memory(cls) -> "ResultsFile":
        """Results that end with the program."""
        return cls(None, {})

    @classmethod
    def open(cls, path: Path, settings: Mapping[str, Any]) -> "ResultsFile":
        """The results that are there, or a new file.

        A last line without an end was being written when the evaluation was stopped; its object
        is done again.

        Raises:
            OtherSettings: they were made with other settings.
            ResultsUnreadable: they cannot be understood.
        """
        written = json.loads(json.dumps(settings))
        text = path.read_text() if path.exists() else ""
        whole = text[: text.rfind("\n") + 1]
        if not text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(written) + "\n")
            return cls(path, {})
        try:
            before, *objects = [json.loads(line) for line in whole.splitlines()]
            results = [ObjectResult.from_json(entry) for entry in objects]
            differing = sorted(k for k in {*before, *written} if before.get(k) != written.get(k))
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise ResultsUnreadable(path) from error
        if differing:
            raise OtherSettings(path, differing)
        if whole != text:
            path.write_text(whole)
        return cls(path, {result.key: result for result in results})

    def add(self, result: ObjectResult) -> None:
        """Keep one more result, on disk at once."""
        if self.path is not None:
            with self.path.open("a") as file:
                file.write(json.dumps(result.to_json()) + "\n")
        self.results[result.key] = result
