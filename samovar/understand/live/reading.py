"""The queries by which rows and facts come out of the warehouse; each serves at any moment, so that it is written once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import zip_longest
from typing import Any

import pyarrow as pa

from samovar.collect.news import FACTS
from samovar.rules import formulas as f
from samovar.rules.catalogue import Catalogue
from samovar.rules.sql import features_sql, rows_sql
from samovar.rules.windows import Moment
from samovar.understand.live.sources import Need, RowSource


class Reader:
    """Reads with a cursor of its own: rows as person_id and the columns of a need, facts as person_id and a column for each."""

    def __init__(self, cursor: Any) -> None:
        self.cursor = cursor
        self._texts: dict[tuple[Any, ...], str] = {}

    def forget(self, changed: Sequence[RowSource | str]) -> None:
        """Something else is to be read of these sources, or of `FACTS`, from now on."""
        self._texts = {key: text for key, text in self._texts.items() if key[0] not in changed}

    def rows(
        self, source: RowSource, need: Need, moment: Moment, *, who: str | None = None, told: str | None = None, **params: int
    ) -> pa.Table:
        """The rows of a source as of a moment: of everybody, of people of a query, or among those of a table by another name."""
        return self._query(self._rows_text(source, need, moment, who, told), moment, params)

    def facts(self, reads: Sequence[f.Read], catalogue: Catalogue, moment: Moment, *, who: str | None = None) -> pa.Table:
        """The customers as of a moment, or those of a query, with what is asked about each."""
        return self._query(self._facts_text(reads, catalogue, moment, who), moment, {})

    def everything(
        self,
        due: Sequence[RowSource | str],
        needs: Mapping[RowSource, Need],
        reads: Sequence[f.Read],
        catalogue: Catalogue,
        moment: Moment,
    ) -> Iterator[tuple[RowSource | str, pa.Table]]:
        """Rows of sources and, for `FACTS`, the facts, of everybody; while one answer is taken in, the next is asked."""
        texts = [
            self._rows_text(one, needs[one], moment, None, None) if isinstance(one, RowSource) else
            self._facts_text(reads, catalogue, moment, None)
            for one in due
        ]  # fmt: skip
        with ThreadPoolExecutor(1) as hand:
            coming = [hand.submit(self._query, text, moment, {}) for text in texts[:1]]
            for asked, after in zip_longest(due, texts[1:]):
                told = coming.pop().result()
                if after is not None:
                    coming.append(hand.submit(self._query, after, moment, {}))
                yield asked, told
                del told

    def _rows_text(self, source: RowSource, need: Need, moment: Moment, who: str | None, told: str | None) -> str:
        key = (source, who, told)
        if key not in self._texts:
            self._texts[key] = rows_sql(
                need.collection, need.stored, need.fields, _open(moment), first_day=need.first_day, who=who, told=told
            )
        return self._texts[key]

    def _facts_text(self, reads: Sequence[f.Read], catalogue: Catalogue, moment: Moment, who: str | None) -> str:
        key = (FACTS, who)
        if key not in self._texts:
            self._texts[key] = features_sql(reads, catalogue, _open(moment), who=who)
        return self._texts[key]

    def _query(self, text: str, moment: Moment, params: Mapping[str, int]) -> pa.Table:
        return self.cursor.sql(text, params={"at": moment.at_us, **params}).to_arrow_table()


def _open(moment: Moment) -> Moment:
    return Moment(moment.at_us, moment.zone, is_open=True)
