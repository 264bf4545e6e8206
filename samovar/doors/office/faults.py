"""What is wrong with a value that a program sent, as a sentence in the reader's language: one for each code of pydantic's.

Pydantic's own messages are English for developers; a code that is not named here is said in general words.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

_WHOLE, _NUMBER = lazy("“%(field)s” must be a whole number."), lazy("“%(field)s” must be a number.")
_TEXT, _YES_OR_NO = lazy("“%(field)s” must be a text."), lazy("“%(field)s” must be true or false.")
_OBJECT, _LIST = lazy("“%(field)s” must be an object."), lazy("“%(field)s” must be a list.")
_MOMENT = lazy("“%(field)s” must be a date or time as of ISO 8601.")

SENTENCES: dict[str, Promise] = {
    "missing": lazy("“%(field)s” is missing."),
    "extra_forbidden": lazy("“%(field)s” is not known here."),
    "int_type": _WHOLE, "int_parsing": _WHOLE, "int_from_float": _WHOLE, "int_parsing_size": _WHOLE,
    "float_type": _NUMBER, "float_parsing": _NUMBER, "finite_number": _NUMBER,
    "decimal_type": _NUMBER, "decimal_parsing": _NUMBER,
    "string_type": _TEXT, "string_unicode": _TEXT,
    "bool_type": _YES_OR_NO, "bool_parsing": _YES_OR_NO,
    "dict_type": _OBJECT, "model_type": _OBJECT, "model_attributes_type": _OBJECT, "mapping_type": _OBJECT,
    "list_type": _LIST, "tuple_type": _LIST, "set_type": _LIST, "iterable_type": _LIST,
    "date_type": _MOMENT, "date_parsing": _MOMENT, "datetime_type": _MOMENT, "datetime_parsing": _MOMENT,
    "datetime_from_date_parsing": _MOMENT, "date_from_datetime_parsing": _MOMENT,
    "string_too_long": lazy("“%(field)s” may have up to %(max_length)s characters."),
    "string_too_short": lazy("“%(field)s” needs at least %(min_length)s characters."),
    "too_long": lazy("“%(field)s” may hold up to %(max_length)s items."),
    "too_short": lazy("“%(field)s” needs at least %(min_length)s items."),
    "greater_than_equal": lazy("“%(field)s” must be %(ge)s or more."),
    "greater_than": lazy("“%(field)s” must be more than %(gt)s."),
    "less_than_equal": lazy("“%(field)s” must be %(le)s or less."),
    "less_than": lazy("“%(field)s” must be less than %(lt)s."),
    "literal_error": lazy("“%(field)s” must be one of: %(expected)s."),
    "enum": lazy("“%(field)s” must be one of: %(expected)s."),
    "string_pattern_mismatch": lazy("“%(field)s” is not written as it must be: %(pattern)s."),
}  # fmt: skip


def sentence(code: str, field: str, context: Mapping[str, Any]) -> str:
    """What is wrong with a field. `context` holds the limits that pydantic tells with the code."""
    template = SENTENCES.get(code)
    if template is None:
        return _("“%(field)s” has a value that is not allowed.") % {"field": field}
    return str(template) % {**context, "field": field}
