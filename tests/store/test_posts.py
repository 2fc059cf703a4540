"""Claims, leases, schedules and seen events: what several processes agree on."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine

from store.events import first_sight
from store.leases import release_lease, take_lease
from store.posts import (
    PostKey,
    PostState,
    claim_post,
    find_post,
    last_period,
    mark_failed,
    mark_sent,
    newest_posts,
    post_by_id,
    renew,
    take_over,
    unfinished_posts,
)
from store.schedules import Schedule, every_schedule, put_schedule, remove_schedule, schedules_of

NOW = datetime(2026, 11, 24, 0, 0, tzinfo=UTC)
KEY = PostKey(team="main", channel="C1", kind="weekly", period="2026-W48")


def test_of_many_who_claim_at_once_exactly_one_gets_the_post(engine: Engine) -> None:
    got, gate = [], threading.Barrier(8)

    def claim(name: str) -> None:
        gate.wait()
        if claim_post(engine, KEY, name, NOW):
            got.append(name)

    threads = [threading.Thread(target=claim, args=(f"p{n}",)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = find_post(engine, KEY)
    assert found is not None
    assert got == [found.claimed_by]


def test_a_claim_that_was_taken_over_cannot_be_used_by_the_one_who_had_it(engine: Engine) -> None:
    mine = claim_post(engine, KEY, "slow", NOW)
    assert mine is not None
    theirs = take_over(engine, mine, "quick", NOW + timedelta(minutes=6))
    assert theirs is not None
    assert theirs.attempts == 2
    assert renew(engine, mine, NOW + timedelta(minutes=7), "s", {}) is None
    assert take_over(engine, mine, "third", NOW + timedelta(minutes=7)) is None
    assert renew(engine, theirs, NOW + timedelta(minutes=7), "s", {"text": "週報"}) is not None


def test_a_sent_post_keeps_what_it_said_and_cannot_fail_afterwards(engine: Engine) -> None:
    claimed = claim_post(engine, KEY, "p", NOW)
    assert claimed is not None
    held = renew(engine, claimed, NOW, "r000001-abc", {"text": "週報", "blocks": [], "data": {"n": 3}})
    assert held is not None
    assert [post.id for post in unfinished_posts(engine)] == [held.id]
    mark_sent(engine, held, "1764.0001", NOW)
    assert mark_failed(engine, held) is False
    sent = post_by_id(engine, "main", held.id)
    assert sent is not None
    assert (sent.state, sent.message_ts, sent.snapshot) == (PostState.SENT, "1764.0001", "r000001-abc")
    assert sent.result == {"text": "週報", "blocks": [], "data": {"n": 3}}
    assert unfinished_posts(engine) == []
    assert [post.id for post in newest_posts(engine, "main", 5)] == [held.id]
    assert last_period(engine, "main", "C1", "weekly") == "2026-W48"


def test_another_teams_posts_do_not_exist(engine: Engine) -> None:
    claimed = claim_post(engine, KEY, "p", NOW)
    assert claimed is not None
    mark_sent(engine, claimed, "1.0", NOW)
    assert post_by_id(engine, "other", claimed.id) is None
    assert newest_posts(engine, "other", 5) == []
    assert last_period(engine, "other", "C1", "weekly") is None


def test_one_holds_the_lease_until_it_runs_out_or_is_given_back(engine: Engine) -> None:
    lasts = timedelta(seconds=90)
    assert take_lease(engine, "scheduler", "a", NOW, lasts)
    assert not take_lease(engine, "scheduler", "b", NOW + timedelta(seconds=89), lasts)
    assert take_lease(engine, "scheduler", "a", NOW + timedelta(seconds=60), lasts)
    assert not take_lease(engine, "scheduler", "b", NOW + timedelta(seconds=149), lasts)
    assert take_lease(engine, "scheduler", "b", NOW + timedelta(seconds=150), lasts)
    release_lease(engine, "scheduler", "a")
    assert not take_lease(engine, "scheduler", "a", NOW + timedelta(seconds=151), lasts)
    release_lease(engine, "scheduler", "b")
    assert take_lease(engine, "scheduler", "a", NOW + timedelta(seconds=152), lasts)


def test_an_event_is_new_once_until_it_is_long_forgotten(engine: Engine) -> None:
    assert first_sight(engine, "Ev1", NOW)
    assert not first_sight(engine, "Ev1", NOW + timedelta(minutes=5))
    assert first_sight(engine, "Ev2", NOW + timedelta(days=8))
    assert first_sight(engine, "Ev1", NOW + timedelta(days=8))


def test_a_channel_has_one_schedule_and_the_last_word_counts(engine: Engine) -> None:
    first = Schedule(
        team="main",
        kind="weekly",
        channel="C1",
        weekday=1,
        minute_of_day=510,
        created_by="U1",
        created_at=NOW,
    )
    later = Schedule(**{**vars(first), "weekday": 0, "minute_of_day": 540, "created_by": "U2"})
    other = Schedule(**{**vars(first), "team": "another"})
    for each in (first, later, other):
        put_schedule(engine, each)
    assert schedules_of(engine, "main") == [later]
    assert set(every_schedule(engine)) == {later, other}
    assert remove_schedule(engine, "main", "weekly", "C1")
    assert not remove_schedule(engine, "main", "weekly", "C1")
    assert every_schedule(engine) == [other]
