"""What live segments read of the warehouse: features of some people or of everybody, as columns of a slice of them at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from samovar.rules.catalogue import Catalogue
from samovar.rules.formulas import Read, Type
from samovar.rules.masks import Column
from samovar.rules.sql import Moment, features_sql

Ints = NDArray[np.int64]
SLICE = 65_536  # people whose columns are held at once
ASKED = "asked"  # the name under which the people asked about are registered
_HELD: dict[Type, Any] = {Type.WHOLE: np.int64, Type.DOUBLE: np.float64, Type.BOOLEAN: np.bool_}


class Reader:
    """Reads the same features again and again: the text of a query serves for a local day."""

    def __init__(self, cursor: Any, reads: Sequence[Read], catalogue: Catalogue) -> None:
        self._cursor, self._reads, self._catalogue = cursor, reads, catalogue
        self._texts: dict[tuple[int, bool], str] = {}

    def slices(self, moment: Moment, people: Ints | None = None) -> Iterator[tuple[Ints, Mapping[Read, Column]]]:
        """Customers and their columns, of those asked about or of everybody; who is no customer at the moment is left out."""
        if people is not None:
            self._cursor.register(ASKED, pa.table({"person_id": people}))
        try:
            answer = self._cursor.sql(self._text(moment, is_all=people is None), params={"at": moment.at_us})
            for batch in answer.to_arrow_reader(SLICE):
                table = pa.Table.from_batches([batch])
                yield numbers(table.column(0)), {r: column(table.column(n + 1), r.type) for n, r in enumerate(self._reads)}
        finally:
            if people is not None:
                self._cursor.unregister(ASKED)

    def _text(self, moment: Moment, *, is_all: bool) -> str:
        key = (moment.day, is_all)
        if key not in self._texts:
            self._texts = {k: text for k, text in self._texts.items() if k[0] == moment.day}
            who = None if is_all else f"SELECT person_id FROM {ASKED}"
            open_moment = Moment(moment.at_us, moment.zone, is_open=True)
            self._texts[key] = features_sql(self._reads, self._catalogue, open_moment, who=who)
        return self._texts[key]


def numbers(array: pa.ChunkedArray) -> Ints:
    """A column of whole numbers, all known."""
    return np.asarray(array.to_numpy(), dtype=np.int64)


def column(array: pa.ChunkedArray, held: Type) -> Column:
    """A column of a query as masks take it: zero where a value is unknown."""
    known = pc.is_valid(array).to_numpy() if array.null_count else None
    if held is Type.TEXT:
        coded = array.combine_chunks().dictionary_encode()
        places = np.asarray(coded.indices.fill_null(0).to_numpy(zero_copy_only=False), dtype=np.int32)
        return Column(places, known, tuple(coded.dictionary.to_pylist()))
    filled = array.fill_null(False if held is Type.BOOLEAN else 0) if array.null_count else array
    return Column(np.asarray(filled.to_numpy(), dtype=_HELD[held]), known)
