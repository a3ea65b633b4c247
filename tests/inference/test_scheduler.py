import random

import pytest

from inference.engine.scheduler import Scheduler, TooManyRequests


def served(scheduler, *, passes, most=100):
    """The order of service when each request settles after its number of passes."""
    left, order = dict(passes), []
    while (request := scheduler.next()) is not None and len(order) < most:
        order.append(request)
        left[request] -= 1
        scheduler.done(request, is_settled=left[request] == 0, seconds=0.1)
    return order


def with_requests(*names, capacity=10):
    scheduler = Scheduler(capacity=capacity)
    for name in names:
        scheduler.submit(name, f"draft of {name}")
    return scheduler


def test_nothing_to_do():
    assert Scheduler(capacity=1).next() is None


def test_coarse_passes_go_before_refinements_and_refinements_take_turns():
    scheduler = with_requests("a", "b", "c")
    assert served(scheduler, passes={"a": 3, "b": 1, "c": 2}) == ["a", "b", "c", "a", "c", "a"]


def test_new_click_overtakes_the_refinements_of_others():
    scheduler = with_requests("a")
    assert scheduler.next() == "a"
    scheduler.submit("b", "draft of b")
    scheduler.done("a", is_settled=False, seconds=0.1)
    assert scheduler.next() == "b"


def test_newer_click_cancels_the_older_one_of_its_draft_and_takes_its_place():
    scheduler = Scheduler(capacity=10)
    scheduler.submit("old", "mine")
    scheduler.submit("other", "theirs")
    assert scheduler.submit("new", "mine") == "old"
    assert not scheduler.is_wanted("old")
    assert served(scheduler, passes={"new": 1, "other": 1}) == ["new", "other"]


def test_newer_click_of_a_draft_that_was_seen_queues_behind_others():
    scheduler = Scheduler(capacity=10)
    scheduler.submit("old", "mine")
    scheduler.done(scheduler.next(), is_settled=False, seconds=0.1)
    scheduler.submit("other", "theirs")
    scheduler.submit("new", "mine")
    assert served(scheduler, passes={"new": 1, "other": 1}) == ["other", "new"]


def test_request_that_is_cancelled_while_it_runs_is_not_queued_again():
    scheduler = with_requests("a")
    request = scheduler.next()
    assert scheduler.cancel(request)
    scheduler.done(request, is_settled=False, seconds=0.1)
    assert scheduler.next() is None
    assert len(scheduler) == 0


def test_request_that_is_superseded_while_it_runs_is_not_queued_again():
    scheduler = Scheduler(capacity=10)
    scheduler.submit("old", "mine")
    scheduler.next()
    scheduler.submit("new", "mine")
    scheduler.done("old", is_settled=False, seconds=0.1)
    assert served(scheduler, passes={"new": 2}) == ["new", "new"]


def test_cancelling_what_is_not_known_does_nothing():
    scheduler = with_requests("a")
    assert not scheduler.cancel("b")
    assert scheduler.next() == "a"


def test_message_that_comes_twice_is_served_once():
    scheduler = with_requests("a", "a")
    assert served(scheduler, passes={"a": 1}) == ["a"]


def test_capacity_is_not_passed_but_a_draft_may_always_replace_its_own():
    scheduler = with_requests("a", "b", capacity=2)
    with pytest.raises(TooManyRequests):
        scheduler.submit("c", "draft of c")
    assert scheduler.submit("a2", "draft of a") == "a"
    assert len(scheduler) == 2


def test_place_counts_the_passes_before_it():
    scheduler = with_requests("a", "b", "c")
    scheduler.done(scheduler.next(), is_settled=False, seconds=0.2)  # a waits for a refinement
    assert scheduler.next() == "b"
    scheduler.submit("d", "draft of d")
    assert [scheduler.place(name).ahead for name in "bcda"] == [0, 1, 2, 3]
    assert scheduler.place("d").seconds == pytest.approx(2 * scheduler.pass_s)


def test_seconds_follow_what_passes_take():
    scheduler = with_requests("a")
    for _ in range(200):
        scheduler.next()
        scheduler.done("a", is_settled=False, seconds=1.5)
    assert scheduler.pass_s == pytest.approx(1.5, rel=0.01)


@pytest.mark.parametrize("seed", range(20))
def test_whatever_comes_nothing_is_lost_or_served_after_it_was_unwanted(seed):
    """Random clicks, cancels and passes: every wanted request settles, no other is served."""
    draw = random.Random(seed)
    scheduler = Scheduler(capacity=6)
    wanted, need, drafts = set(), {}, {}
    for number in range(300):
        act = draw.random()
        if act < 0.35:
            draft = draw.randrange(6)
            older = scheduler.submit(f"r{number}", f"d{draft}")
            assert older == drafts.get(draft)
            wanted.discard(older)
            drafts[draft] = f"r{number}"
            wanted.add(f"r{number}")
            need[f"r{number}"] = draw.randint(1, 5)
        elif act < 0.45 and wanted:
            gone = draw.choice(sorted(wanted))
            scheduler.cancel(gone)
            wanted.discard(gone)
            drafts = {d: r for d, r in drafts.items() if r != gone}
        elif (request := scheduler.next()) is not None:
            assert request in wanted
            need[request] -= 1
            settled = need[request] == 0
            scheduler.done(request, is_settled=settled, seconds=0.1)
            if settled:
                wanted.discard(request)
                drafts = {d: r for d, r in drafts.items() if r != request}
    assert set(served(scheduler, passes=need)) == wanted
    assert len(scheduler) == 0
