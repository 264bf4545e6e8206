"""The named queries of rules of a basket: what one is, and what it is for one person and one basket at `at_us`."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pyarrow as pa

from samovar import rules
from samovar.engine.warehouse.registry import Context, named
from samovar.rules import formulas as f
from samovar.rules.baskets import read_basket
from samovar.rules.closure import basket_closure, basket_reading, person_reads
from samovar.rules.lowering import Lowering
from samovar.rules.sql import Moment, features_sql
from samovar.understand.warehouse_queries import catalogue, read_rule


@named("understand.basket_rule")
def basket_rule(cursor: Any, context: Context, /, *, text: str) -> pa.Table:
    """One row, as `understand.rule` gives it, of a text that may read a basket. Raises `RuleError`."""
    return read_rule(cursor, text, catalogue(cursor, context).with_basket())


@named("understand.basket_evaluated")
def basket_evaluated(
    cursor: Any, context: Context, /, *, text: str, person_id: int, at_us: int, basket: dict[str, Any], rate: str | None = None
) -> pa.Table:
    """One row: the `value`, as JSON, of a rule or an operand for a person and a basket (`rules.baskets.read_basket`), whose
    currency is worth `rate`. Somebody who is no customer at the moment has none. Raises `RuleError`, `BadBasket`."""
    words, moment = catalogue(cursor, context).with_basket(), Moment(at_us, context.zone)
    asked, lowering = rules.parse_question(text, words), Lowering(words, moment)
    worth = None if rate is None else Decimal(rate)
    found = read_basket(basket, currency=context.currency, at_us=at_us, zone=context.zone, rate=worth)
    told = None if isinstance(asked, rules.Rule) else lowering.told(asked)
    truth = lowering.truth(asked.condition) if isinstance(asked, rules.Rule) else f.IsKnown(lowering.told(asked).value)
    reads = list(dict.fromkeys(person_reads(truth)))
    places = {read: place for place, read in enumerate(reads)}
    rows = cursor.execute(features_sql(reads, words, moment, who=person_id)).fetchall()
    value: int | float | str | None = False if told is None else None
    if rows and told is None:
        value = basket_closure(truth, places)(rows[0][1:], found)
    elif rows and told is not None:
        value = told.read(basket_reading(told.value, places)(rows[0][1:], found), moment)
    return pa.table({"value": [json.dumps(value, ensure_ascii=False)]})
