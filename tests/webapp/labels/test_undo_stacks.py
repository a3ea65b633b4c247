from hypothesis import given
from hypothesis import strategies as st

from webapp.labels.undo_stacks import stacks_of


def test_only_the_newest_of_three_edits_can_be_taken_back():
    stacks = stacks_of([(1, None), (2, None), (3, None)])
    assert [stacks.may_invert(edit) for edit in (1, 2, 3)] == [False, False, True]


def test_after_an_undo_the_edit_before_it_can_be_taken_back():
    stacks = stacks_of([(1, None), (2, None), (3, 2)])
    assert stacks.may_invert(1)
    assert stacks.may_invert(3)
    assert not stacks.may_invert(2)


def test_redo_can_be_taken_back_again_and_its_undo_cannot():
    stacks = stacks_of([(1, None), (2, 1), (3, 2)])
    assert stacks.may_invert(3)
    assert not stacks.may_invert(2)
    assert not stacks.may_invert(1)


def test_fresh_edit_ends_what_can_be_redone():
    stacks = stacks_of([(1, None), (2, None), (3, 2), (4, None)])
    assert not stacks.may_invert(3)
    assert stacks.may_invert(4)


@given(st.lists(st.sampled_from(["edit", "undo", "redo"]), max_size=40))
def test_stacks_agree_with_an_editor_that_keeps_whole_states(acts):
    history, states, at = [], [()], 0  # an editor's list of states, and where it stands
    for key, act in enumerate(acts, start=1):
        stacks = stacks_of(history)
        assert len(stacks.undoable) == at
        if act == "edit":
            history.append((key, None))
            states = [*states[: at + 1], (*states[at], key)]
            at += 1
        elif act == "undo" and stacks.undoable:
            history.append((key, stacks.undoable[-1]))
            at -= 1
        elif act == "redo" and stacks.redoable:
            history.append((key, stacks.redoable[-1]))
            at += 1
        assert len(stacks_of(history).redoable) == len(states) - 1 - at
