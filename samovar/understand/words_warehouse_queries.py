"""The named queries of the words of rules: all of them with what they are borne out by, and those of one rule."""

from __future__ import annotations

import json
from typing import Any

import pyarrow as pa

from samovar import rules
from samovar.engine.warehouse.registry import Context, named
from samovar.rules.vocabulary import learned_words
from samovar.understand.warehouse_queries import catalogue
from samovar.understand.word_count import WordCount


@named("understand.words")
def words(cursor: Any, context: Context, /, *, at_us: int) -> pa.Table:
    """One row, `words` as JSON: see `WordCount.told`.

    It goes through all that is known of people: seconds a million people. Pages read what the worker stored of it.
    """
    count = WordCount(cursor, context.currency, at_us)
    for _piece in count.pieces():
        pass
    return pa.table({"words": [json.dumps(count.told(), ensure_ascii=False)]})


@named("understand.words_of")
def words_of(cursor: Any, context: Context, /, *, tree: dict[str, Any]) -> pa.Table:
    """`word` and `kind` of the words of a stored rule that this shop's data taught; those not known are left out."""
    found = learned_words(rules.from_json(tree).condition, catalogue(cursor, context))
    return pa.table({"word": pa.array(list(found), pa.string()), "kind": pa.array(list(found.values()), pa.string())})
