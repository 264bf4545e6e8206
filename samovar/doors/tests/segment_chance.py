"""Stories of live segments drawn by chance: the same steps from the same seed, in any order and at any moments.

Where the fixed story tells each thing once, these put late facts on erased people, edits into merges, and midnights between.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from samovar.doors.tests import segment_story as story
from samovar.doors.tests.crashing import Kill, Story
from samovar.doors.tests.segment_story import BOB, PEOPLE, RULES, Event, SegmentStory, Step
from samovar.kit.clock import DAY_US, HOUR_US, MINUTE_US

STEPS = 14
POINTS = 30  # hardly a step has fewer
PAUSES_US = (MINUTE_US, HOUR_US, 5 * HOUR_US, 13 * HOUR_US, DAY_US, 3 * DAY_US, 8 * DAY_US, 33 * DAY_US)
AGES_US = (0, MINUTE_US, 2 * HOUR_US, 7 * HOUR_US, 2 * DAY_US, 10 * DAY_US, 45 * DAY_US)
EDITED = {
    "lately": ("count(orders in last 7 days) >= 1", "count(orders in last 3 days) >= 1", "count(orders in last 30 hours) >= 1"),
    "spent": ("sum(orders.amount) >= 3000", "sum(orders.amount) between 1000 and 2500", "avg(orders.amount) > 1200"),
    "away": ('in segment "lately" and not in segment "now"', 'in segment "dear" or in segment "kazan"'),
    "asked": ("consent.email.marketing", "not consent.email.marketing and count(orders) >= 1"),
    "old": ("count(orders before 30 days ago) >= 1", "days_since(last orders) between 2 and 40"),
}
VERBS = ("Completed", "Completed", "Completed", "Updated", "Cancelled", "Refunded")
Act = Callable[[Any, int], None]


def drawn(seed: int) -> tuple[Step, ...]:
    """A story's steps."""
    r = random.Random(seed)
    after_us, steps = HOUR_US, [story.STEPS[0]]
    for number in range(1, STEPS):
        after_us += r.choice(PAUSES_US)
        acts = [_drawn_act(r, f"{seed}-{number}-{n}") for n in range(r.randint(1, 3))]
        steps.append(Step(f"step {seed}.{number}", after_us, _in_turn(acts), is_new_session=r.random() < 0.2))
    return tuple(steps)


def killed(seed: int) -> tuple[Story, Kill]:
    """A story and a place in it to be killed at."""
    r, steps = random.Random(f"kill {seed}"), drawn(seed)
    return SegmentStory(steps), Kill(r.choice(steps[1:]).name, nth=r.randint(1, POINTS))


def _in_turn(acts: list[Act]) -> Act:
    def act(session: Any, at_us: int) -> None:
        for one in acts:
            one(session, at_us)

    return act


def _drawn_act(r: random.Random, name: str) -> Act:
    kinds = {_facts: 10, _one_by_two_names: 1, _merge: 3, _part: 3, _erase: 1, _edit: 3, _put_away: 1, _rest: 1}
    [kind] = r.choices(list(kinds), list(kinds.values()))
    return kind(r, name)


def _facts(r: random.Random, name: str) -> Act:
    """Up to a dozen facts of all kinds, each of some age."""
    told = [(_drawn_fact(r, f"{name}-{n}"), r.choice(AGES_US)) for n in range(r.randint(1, 12))]
    return lambda session, at_us: story.send(session, [fact(at_us - age_us) for fact, age_us in told])


def _drawn_fact(r: random.Random, name: str) -> Callable[[int], Event]:
    who, kind = r.randrange(PEOPLE + 4), r.randrange(6)
    if kind < 2:
        number, amount, verb = f"r{r.randrange(30)}", r.randrange(1, 40) * 100.0, r.choice(VERBS)
        return lambda at_us: {**story.order(number, who, at_us, amount, verb), "messageId": name}
    if kind == 2:
        event = r.choice(("Product Viewed", "Product Added"))
        return lambda at_us: {**story.seen(event, who, at_us), "messageId": name}
    if kind == 3:
        return lambda at_us: {**story.page(who, at_us), "messageId": name}
    if kind == 4:
        given = r.random() < 0.5
        return lambda at_us: {**story.consent(who, at_us, given=given), "messageId": name}
    traits = {r.choice(("city", "tea")): r.choice(("Казань", "Пермь", "oolong", "red"))}
    return lambda at_us: {**story.identity(who, at_us, **traits), "messageId": name}


def _one_by_two_names(r: random.Random, name: str) -> Act:
    one, other = r.sample(range(PEOPLE), 2)
    return lambda session, at_us: story.send(
        session, [{**story.identity(one, at_us, email=f"p{other}@shop.example"), "messageId": name}]
    )


@contextmanager
def _if_it_can_be() -> Iterator[None]:
    """What was done already, or has nobody to be done to, is left."""
    from samovar.kit.errors import Refusal

    try:
        yield
    except Refusal:
        return


def _merge(r: random.Random, _name: str) -> Act:
    one, other = r.sample(range(PEOPLE), 2)

    def act(session: Any, at_us: int) -> None:
        from samovar.collect import operations

        with _if_it_can_be():
            operations.merge(profile=story.person(one), other=story.person(other), actor=BOB, at_us=at_us)

    return act


def _part(r: random.Random, _name: str) -> Act:
    """Part somebody who is merged, if anybody is."""
    place = r.random()

    def act(session: Any, at_us: int) -> None:
        from samovar.collect import operations
        from samovar.collect.queries import merge_pointers

        if merged := sorted(merge_pointers()):
            with _if_it_can_be():
                operations.unmerge(profile=merged[int(place * len(merged))], actor=BOB, at_us=at_us)

    return act


def _erase(r: random.Random, _name: str) -> Act:
    who = r.randrange(PEOPLE)

    def act(session: Any, at_us: int) -> None:
        from samovar.collect.erasure import operations

        with _if_it_can_be():
            operations.erase(workspace=session.workspace, person=story.person(who), actor=BOB, at_us=at_us)

    return act


def _edit(r: random.Random, _name: str) -> Act:
    slug = r.choice(list(EDITED))
    text = r.choice(EDITED[slug])

    def act(session: Any, at_us: int) -> None:
        with _if_it_can_be():
            story.publish(session, slug, text, at_us)

    return act


def _put_away(r: random.Random, _name: str) -> Act:
    """Put a segment away that rests on no other and that no other rests on, or take it into use again."""
    slug, is_put_away = r.choice(sorted(RULES.keys() - {"away", "fresh"})), r.random() < 0.5

    def act(_session: Any, at_us: int) -> None:
        from samovar.understand import operations, queries

        change = operations.archive if is_put_away else operations.restore
        with _if_it_can_be():
            change(segment=queries.segment(slug), actor=BOB, at_us=at_us)

    return act


def _rest(_r: random.Random, _name: str) -> Act:
    return story.rest
