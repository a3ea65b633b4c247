import random

import pytest

from inference.engine.scheduler import Scheduler, TooManyRequests


def served(scheduler, *, passes, most=100):
    """The order of service when each request settles after its number of passes."""
    left, order = dict(passes), []
    while (batch := scheduler.next_batch()) and len(order) < most:
        order += batch
        for request in batch:
            left[request] -= 1
        scheduler.done({request: left[request] == 0 for request in batch}, seconds=0.1)
    return order


def with_requests(*names, capacity=10, largest_batch=1):
    scheduler = Scheduler(capacity=capacity, largest_batch=largest_batch)
    for name in names:
        scheduler.submit(name, f"draft of {name}")
    return scheduler


def test_nothing_to_do():
    assert Scheduler(capacity=1).next_batch() == []


def test_coarse_passes_go_before_refinements_and_refinements_take_turns():
    scheduler = with_requests("a", "b", "c")
    assert served(scheduler, passes={"a": 3, "b": 1, "c": 2}) == ["a", "b", "c", "a", "c", "a"]


def test_new_click_overtakes_the_refinements_of_others():
    scheduler = with_requests("a")
    assert scheduler.next_batch() == ["a"]
    scheduler.submit("b", "draft of b")
    scheduler.done({"a": False}, seconds=0.1)
    assert scheduler.next_batch() == ["b"]


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
    scheduler.done(dict.fromkeys(scheduler.next_batch(), False), seconds=0.1)
    scheduler.submit("other", "theirs")
    scheduler.submit("new", "mine")
    assert served(scheduler, passes={"new": 1, "other": 1}) == ["other", "new"]


def test_request_that_is_cancelled_while_it_runs_is_not_queued_again():
    scheduler = with_requests("a")
    (request,) = scheduler.next_batch()
    assert scheduler.cancel(request)
    scheduler.done({request: False}, seconds=0.1)
    assert scheduler.next_batch() == []
    assert len(scheduler) == 0


def test_request_that_is_superseded_while_it_runs_is_not_queued_again():
    scheduler = Scheduler(capacity=10)
    scheduler.submit("old", "mine")
    scheduler.next_batch()
    scheduler.submit("new", "mine")
    scheduler.done({"old": False}, seconds=0.1)
    assert served(scheduler, passes={"new": 2}) == ["new", "new"]


def test_cancelling_what_is_not_known_does_nothing():
    scheduler = with_requests("a")
    assert not scheduler.cancel("b")
    assert scheduler.next_batch() == ["a"]


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
    scheduler.done({scheduler.next_batch()[0]: False}, seconds=0.2)  # a waits for a refinement
    assert scheduler.next_batch() == ["b"]
    scheduler.submit("d", "draft of d")
    assert [scheduler.place(name).ahead for name in "bcda"] == [0, 1, 2, 3]
    assert scheduler.place("d").seconds == pytest.approx(2 * scheduler.batch_s)


def test_batch_is_filled_but_holds_passes_of_one_kind():
    scheduler = with_requests("a", "b", "c", "d", largest_batch=3)
    assert scheduler.next_batch() == ["a", "b", "c"]
    scheduler.done({"a": False, "b": True, "c": False}, seconds=0.1)
    assert scheduler.next_batch() == ["d"]
    scheduler.done({"d": False}, seconds=0.1)
    assert scheduler.next_batch() == ["a", "c", "d"]


def test_one_of_a_batch_may_be_cancelled_while_it_runs():
    scheduler = with_requests("a", "b", largest_batch=2)
    batch = scheduler.next_batch()
    scheduler.cancel("a")
    scheduler.done(dict.fromkeys(batch, False), seconds=0.1)
    assert scheduler.next_batch() == ["b"]


def test_wait_is_counted_in_batches():
    scheduler = with_requests("a", "b", "c", "d", "e", largest_batch=2)
    assert scheduler.next_batch() == ["a", "b"]
    waits = [scheduler.place(name) for name in "cde"]
    assert [place.ahead for place in waits] == [2, 3, 4]
    assert [place.seconds / scheduler.batch_s for place in waits] == [1, 1, 2]


def test_seconds_follow_what_passes_take():
    scheduler = with_requests("a")
    for _ in range(200):
        scheduler.next_batch()
        scheduler.done({"a": False}, seconds=1.5)
    assert scheduler.batch_s == pytest.approx(1.5, rel=0.01)


@pytest.mark.parametrize("seed", range(20))
def test_whatever_comes_nothing_is_lost_or_served_after_it_was_unwanted(seed):
    """Random clicks, cancels and passes: every wanted request settles, no other is served."""
    draw = random.Random(seed)
    largest = 1 + seed % 4
    scheduler = Scheduler(capacity=6, largest_batch=largest)
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
        elif batch := scheduler.next_batch():
            assert wanted.issuperset(batch)
            assert len(batch) <= largest
            for request in batch:
                need[request] -= 1
            settled = {request: need[request] == 0 for request in batch}
            scheduler.done(settled, seconds=0.1)
            wanted -= {request for request, is_over in settled.items() if is_over}
            drafts = {d: r for d, r in drafts.items() if not settled.get(r)}
    assert set(served(scheduler, passes=need)) == wanted
    assert len(scheduler) == 0
