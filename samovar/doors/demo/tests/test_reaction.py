"""What a letter does is known before it is sent: planted, drawn once, and equal to the formula on average."""

from __future__ import annotations

import numpy as np
import pytest

from samovar.doors.demo.acts import Code
from samovar.doors.demo.people import END_US, SLICE, draw
from samovar.doors.demo.reaction import expected_minor, respond, true_incremental_minor
from samovar.kit.clock import DAY_US, SECOND_US

SENT = np.full(SLICE, END_US)


def earned_minor(response) -> int:
    """Money of the extra orders, net of cancellations and returns."""
    events, baskets = response.extra.events, response.extra.baskets
    at = {code: events.ref[events.code == code] for code in (Code.ORDER, Code.CANCEL, Code.REFUND)}
    refunds = baskets.amount_minor[baskets.refund_line[at[Code.REFUND]]].sum()
    return int(baskets.total_minor[at[Code.ORDER]].sum() - baskets.total_minor[at[Code.CANCEL]].sum() - refunds)


@pytest.mark.parametrize("discount", [0, 10])
def test_what_it_earns_is_what_the_formula_says(discount):
    earned = [earned_minor(respond(seed, 0, SENT, discount_percent=discount)) for seed in range(30)]
    truth = [true_incremental_minor(seed, np.arange(SLICE), discount_percent=discount) for seed in range(30)]
    spread = np.std(np.array(earned) - np.array(truth)) / np.sqrt(30)
    assert abs(np.mean(earned) - np.mean(truth)) < 3 * spread
    assert spread < 0.05 * np.mean(truth)


def test_whoever_is_not_written_to_does_nothing():
    response = respond(1, 0, np.zeros(SLICE, dtype=np.int64), discount_percent=10)
    for times in (response.opened_us, response.prefetched_us, response.clicked_us, response.left_us):
        assert not times.any()
    assert not len(response.extra.events.person)


def test_an_answer_does_not_depend_on_who_else_is_written_to():
    some = np.where(np.arange(SLICE) % 3 == 0, END_US, 0)
    all_of_them, a_third = (respond(5, 2, sent, discount_percent=10) for sent in (SENT, some))
    chosen = some > 0
    assert np.array_equal(all_of_them.opened_us[chosen], a_third.opened_us[chosen])
    own = all_of_them.extra.events.where(chosen[all_of_them.extra.events.person])
    assert np.array_equal(own.time_us, a_third.extra.events.time_us)
    assert np.array_equal(own.ref, a_third.extra.events.ref)


def test_it_is_over_within_fourteen_days_returns_included():
    response = respond(4, 0, SENT, discount_percent=10)
    assert response.extra.events.time_us.max() < END_US + 14 * DAY_US


def test_people_open_late_and_proxies_at_once():
    response = respond(1, 0, SENT, discount_percent=10)
    opened = response.opened_us[response.opened_us > 0] - END_US
    prefetched = response.prefetched_us[response.prefetched_us > 0] - END_US
    assert opened.min() > 10 * SECOND_US
    assert prefetched.max() < 10 * SECOND_US


def test_whoever_orders_for_the_letter_opened_and_clicked_it_first():
    response = respond(1, 0, SENT, discount_percent=10)
    events = response.extra.events
    buyer = events.person[events.code == Code.ORDER]
    assert len(buyer) > 100
    assert (response.opened_us[buyer] < response.clicked_us[buyer]).all()
    assert (response.clicked_us[buyer] < events.time_us[events.code == Code.ORDER]).all()


def test_a_discount_is_taken_off_every_line_to_the_kopeck():
    plain, cheaper = (respond(1, 0, SENT, discount_percent=percent) for percent in (0, 10))
    assert np.array_equal(cheaper.extra.baskets.price_minor * 10, plain.extra.baskets.price_minor * 9)


def test_the_effect_is_large_beside_what_the_lapsed_spend_anyway():
    assert expected_minor(draw(1, 0), 10).mean() > 5_000  # 50 roubles a letter; a lapsed buyer spends about 60 in two weeks
