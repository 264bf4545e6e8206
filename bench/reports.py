"""Reports over a big shop, each against the query somebody would write by hand for the same figures, in alternating runs.

    python bench/reports.py [--people 1000000] [--shop DIR] [--rounds 3] [--threads 2]

`--shop` takes a workspace that `bench/shop.py --keep` made; its warehouse is only read. Both must give the same figures. A
report's time is from its parameters to its answer. Targets: the figures of `LIMITS_S`, and each ratio <= 1.3.
A funnel whose every step must come within some days of the one before has no limit in seconds, only the rival: it needs, for
each row, the latest end before it, and sorting 38 million rows by person and time is most of what both take.
"""

from __future__ import annotations

import datetime as dt
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import shops
from shops import shop_in, warehouse

RATIO_MAX = 1.3
STEPS = "views then cart_adds then checkouts then orders"
WITHIN = "views then cart_adds within 7 days then checkouts within 7 days then orders within 7 days"
ASKED: dict[str, tuple[str, dict[str, str]]] = {
    "rfm": ("rfm", {}),
    "cohorts": ("cohorts", {}),
    "funnel": ("funnel", {"steps": STEPS}),
    "funnel within 7 days": ("funnel", {"steps": WITHIN}),
    "paths": ("paths", {}),
    "drivers": ("drivers", {}),
}
LIMITS_S = {"rfm": 1.0, "cohorts": 1.0, "funnel": 3.0, "paths": 5.0}
LIVE = "time_us <= $at AND valid_from_us <= $at AND valid_to_us > $at"
CUSTOMER = "person_id IN (SELECT person_id FROM people WHERE known_us <= $at)"
ORDERS = f"SELECT person_id, time_us AS t FROM orders WHERE {LIVE} AND {CUSTOMER}"


def _event(name: str) -> str:
    return f"SELECT person_id, time_us AS t FROM events WHERE name = '{name}' AND time_us <= $at AND {CUSTOMER}"


def _chain() -> str:
    """Step after step, the earliest end of each person."""
    rows = [_event("Product Viewed"), _event("Product Added"), _event("Checkout Started"), ORDERS]
    ctes = [f"s0 AS MATERIALIZED (SELECT person_id, min(t) AS t FROM ({rows[0]}) GROUP BY person_id)"]
    for number in range(1, 4):
        ctes.append(
            f"s{number} AS MATERIALIZED (SELECT r.person_id, min(r.t) AS t FROM ({rows[number]}) r JOIN s{number - 1} p "
            "ON p.person_id = r.person_id AND r.t >= p.t GROUP BY r.person_id)"
        )
    return f"WITH {', '.join(ctes)} SELECT " + ", ".join(f"(SELECT count(*) FROM s{number})" for number in range(4))


def _within() -> str:
    """Step after step, each row with the latest end before it: an ASOF join, as the manual of the engine shows."""
    rows = [_event("Product Viewed"), _event("Product Added"), _event("Checkout Started"), ORDERS]
    ctes = [f"s0 AS MATERIALIZED ({rows[0]})"]
    for number in range(1, 4):
        ctes.append(
            f"s{number} AS MATERIALIZED (SELECT r.person_id, r.t FROM ({rows[number]}) r ASOF JOIN s{number - 1} p "
            f"ON p.person_id = r.person_id AND r.t >= p.t WHERE r.t - p.t <= {7 * 86_400_000_000})"
        )
    return f"WITH {', '.join(ctes)} SELECT " + ", ".join(f"(SELECT count(DISTINCT person_id) FROM s{n})" for n in range(4))


BY_HAND: dict[str, str] = {
    "rfm": f"""
        WITH s AS (SELECT person_id, max(day) AS d, count(*) AS n, sum(amount_minor) AS m FROM orders WHERE {LIVE} AND {CUSTOMER}
                   GROUP BY person_id),
        c AS (SELECT quantile_disc(d, [.2, .4, .6, .8]) AS qd, quantile_disc(n, [.2, .4, .6, .8]) AS qn,
                     quantile_disc(m, [.2, .4, .6, .8]) AS qm FROM s)
        SELECT 1 + len(list_filter(qd, lambda q: q < d)), 1 + len(list_filter(qn, lambda q: q < n)),
               1 + len(list_filter(qm, lambda q: q < m)), count(*) FROM s, c GROUP BY ALL ORDER BY 1 DESC, 2 DESC, 3 DESC""",
    "cohorts": f"""
        WITH m AS (SELECT DISTINCT person_id, date_trunc('month', DATE '1970-01-01' + day) AS month FROM orders
                   WHERE {LIVE} AND {CUSTOMER}),
        c AS (SELECT person_id, month, min(month) OVER (PARTITION BY person_id) AS born FROM m)
        SELECT strftime(born, '%Y-%m'), date_diff('month', born, month) AS later, count(*) FROM c GROUP BY ALL ORDER BY 1, 2""",
    "funnel": _chain(),
    "funnel within 7 days": _within(),
    "paths": f"""
        WITH e AS (SELECT person_id, time_us, event_key, CASE WHEN kind = 'track' THEN name ELSE kind END AS step FROM events
                   WHERE day >= $day - 30 AND time_us <= $at AND kind IN ('track', 'page', 'screen') AND {CUSTOMER}),
        o AS (SELECT *, lag(step) OVER w AS before FROM e WINDOW w AS (PARTITION BY person_id ORDER BY time_us, event_key)),
        n AS (SELECT person_id, step, row_number() OVER (PARTITION BY person_id ORDER BY time_us, event_key) AS place FROM o
              WHERE before IS NULL OR before <> step),
        p AS (SELECT person_id, list(step ORDER BY place) AS path FROM n WHERE place <= 5 GROUP BY person_id)
        SELECT count(*), count(*) FILTER (path[1] = 'page'), count(DISTINCT path) FROM p""",
    "drivers": f"""
        SELECT count(DISTINCT person_id) FILTER (day BETWEEN $a1 AND $a2), count(*) FILTER (day BETWEEN $a1 AND $a2),
               sum(amount_minor) FILTER (day BETWEEN $a1 AND $a2)::BIGINT,
               count(DISTINCT person_id) FILTER (day BETWEEN $b1 AND $b2), count(*) FILTER (day BETWEEN $b1 AND $b2),
               sum(amount_minor) FILTER (day BETWEEN $b1 AND $b2)::BIGINT FROM orders WHERE {LIVE} AND {CUSTOMER}""",
}  # fmt: skip


def agree(name: str, told: dict[str, Any], hand: list[tuple[Any, ...]]) -> bool:
    """Whether the figures of both are the same, as far as the query by hand gives them."""
    rows = told["rows"]
    match name:
        case "rfm":
            return [row[:4] for row in rows] == [list(row) for row in hand]
        case "cohorts":
            seen = {(row[0], later): count for row in rows for later, count in enumerate(row[1:]) if count}
            return seen == {(born, later): count for born, later, count in hand}
        case "paths":
            firsts = {row[1]: row[3] for row in rows if row[2] == 1}
            return bool(firsts["page"] == hand[0][1])
        case "drivers":
            return [figure for row in rows for figure in row[1:4]] == list(hand[0])
    return [row[1] for row in rows] == list(hand[0])


def opened(root: Path) -> Callable[..., dict[str, Any]]:
    """The house's answer to a report, on a cursor of a workspace's warehouse."""
    from samovar.doors.session import set_up_django
    from samovar.engine.workspace import Workspace

    workspace = Workspace.open(root)
    set_up_django(workspace)
    from samovar.engine.warehouse.registry import Context
    from samovar.measure.reports import REPORTS
    from samovar.measure.reports.question import Question

    context = Context(zone=workspace.zone, currency=workspace.currency)

    def answer(cursor: Any, name: str, params: dict[str, str], at_us: int) -> dict[str, Any]:
        return {"rows": REPORTS[name].answer(Question(cursor, context, at_us, params)).rows}

    return answer


def main() -> int:
    """Measure, say whether the targets hold."""
    asked = shops.asked(__doc__)
    with tempfile.TemporaryDirectory(prefix="bench-reports-") as home:
        root = shop_in(Path(home), asked.shop, asked.people)
        answer = opened(root)
        with warehouse(root, asked.threads) as cursor:
            told = [measured(name, cursor, answer, asked.rounds) for name in ASKED]
    return said(told)


def measured(name: str, cursor: Any, answer: Callable[..., dict[str, Any]], rounds: int) -> dict[str, Any]:
    """A report and its query by hand: the medians of some rounds, and whether they agree."""
    [(at_us, day)] = cursor.execute("SELECT max(time_us), max(day) FROM visits").fetchall()
    report, params = ASKED[name]
    statement = BY_HAND[name]
    known = {"at": at_us, "day": day, **_months(day)}
    given = {key: value for key, value in known.items() if f"${key}" in statement}

    def ours() -> dict[str, Any]:
        return answer(cursor, report, params, at_us)

    def hand() -> list[tuple[Any, ...]]:
        return cursor.execute(statement, given).fetchall()  # type: ignore[no-any-return]

    same = agree(name, ours(), hand())  # also warms up
    times: dict[str, list[float]] = {"ours": [], "hand": []}
    for _ in range(rounds):
        for key, ask in (("hand", hand), ("ours", ours)):
            began = time.perf_counter()
            ask()
            times[key].append(time.perf_counter() - began)
    ours_s, hand_s = (statistics.median(times[key]) for key in ("ours", "hand"))
    row = {"report": name, "s": round(ours_s, 3), "hand_s": round(hand_s, 3), "ratio": round(ours_s / hand_s, 2), "same": same}
    print(f"{ours_s:7.2f} {hand_s:7.2f} {ours_s / hand_s:6.2f} {'' if same else 'DIFFERS '}{name}", file=sys.stderr, flush=True)
    return row


def _months(day: int) -> dict[str, int]:
    """The first and last days of the last two full months before a day."""

    def number(date: dt.date) -> int:
        return (date - dt.date(1970, 1, 1)).days

    first = (dt.date(1970, 1, 1) + dt.timedelta(days=day)).replace(day=1)
    last = (first - dt.timedelta(days=1)).replace(day=1)
    before = (last - dt.timedelta(days=1)).replace(day=1)
    return {"a1": number(before), "a2": number(last) - 1, "b1": number(last), "b2": number(first) - 1}


def said(told: list[dict[str, Any]]) -> int:
    """Print the result; 1 where a target was missed."""
    missed = {one["report"]: one["s"] for one in told if one["s"] > LIMITS_S.get(one["report"], 60)}
    missed |= {f"{one['report']} by hand": one["ratio"] for one in told if one["ratio"] > RATIO_MAX}
    differing = [one["report"] for one in told if not one["same"]]
    is_good = not missed and not differing
    result = {
        "benchmark": "reports",
        "each": told,
        "differing": differing,
        "missed": missed,
        "ok": is_good,
    }
    print(json.dumps(result, ensure_ascii=False))
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())
