"""Which edits of a label can be taken back now: pure bookkeeping over its history.

An undo is an edit that inverts another, a redo is the undo of an undo. Read from the oldest to the
newest, the edits of a label work two stacks, as in any editor: what can be undone and what can be
redone; a fresh edit empties the latter. So three edits can be taken back one after the other,
while an edit that somebody has since built upon cannot.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass(slots=True)
class UndoStacks:
    """The stacks of one label; entries are keys of edits, the last one is the next to go."""

    undoable: list[int] = field(default_factory=list)
    redoable: list[int] = field(default_factory=list)

    def may_invert(self, edit: int) -> bool:
        """Whether nothing that counts has happened to the label since `edit`."""
        return self.undoable[-1:] == [edit] or self.redoable[-1:] == [edit]


def stacks_of(history: Iterable[tuple[int, int | None]]) -> UndoStacks:
    """The stacks after a label's history.

    Args:
        history: (edit, the edit that it inverts or None), oldest first, of one label.
    """
    stacks = UndoStacks()
    for edit, inverts in history:
        if inverts is None:
            stacks.undoable.append(edit)
            stacks.redoable.clear()
        elif stacks.undoable[-1:] == [inverts]:
            stacks.undoable.pop()
            stacks.redoable.append(edit)
        else:
            stacks.redoable.remove(inverts)
            stacks.undoable.append(edit)
    return stacks
