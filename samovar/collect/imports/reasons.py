"""Why a row is refused, said to people: a sentence for each code, naming the field at fault."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

SENTENCES: dict[str, Promise] = {
    "amount_negative": lazy("The amount in “%(field)s” is below zero."),
    "bad_anonymous_id": lazy("The anonymous id is too long."),
    "bad_boolean": lazy("“%(field)s” is neither yes nor no."),
    "bad_card": lazy("The card number is too long."),
    "bad_consent": lazy("“%(field)s” is none of the words the mapping knows for yes and no."),
    "bad_debt": lazy("The invoice writes off a bad debt; it is neither a sale nor a return."),
    "bad_email": lazy("The e-mail address cannot be one."),
    "bad_external_id": lazy("The external id is too long."),
    "bad_json": lazy("The line is not a JSON object."),
    "bad_number": lazy("“%(field)s” is not a number."),
    "bad_order": lazy("The order cannot be read."),
    "bad_phone": lazy("The phone number cannot be one."),
    "bad_record": lazy("The record cannot be read: it needs a type and an id."),
    "bad_status": lazy("The status is none of those the mapping knows."),
    "bad_time": lazy("“%(field)s” is not a time, or lies outside the years 1900 to 2199."),
    "bad_user_id": lazy("The user id is too long."),
    "broken_row": lazy("The quotes of the row do not close."),
    "erased": lazy("It speaks of a person who was erased."),
    "extra_cells": lazy("The row has more cells than the header."),
    "half_row": lazy("The row has fewer cells than the header."),
    "missing_event": lazy("The row does not name its event."),
    "missing_order_id": lazy("The row does not name its order."),
    "missing_price": lazy("The row has no price."),
    "missing_record_id": lazy("The row does not name its record."),
    "missing_record_type": lazy("The row does not say of what type its record is."),
    "missing_sku": lazy("The row does not name its article."),
    "missing_time": lazy("The row has no time."),
    "missing_total": lazy("The row has no total."),
    "no_identifier": lazy("The row names nobody."),
    "nul_byte": lazy("The row holds a NUL byte."),
    "number_too_large": lazy("The number in “%(field)s” is too large."),
    "price_not_positive": lazy("The price is zero or below."),
    "quantity_not_positive": lazy("The quantity is zero, or below zero in a sale."),
    "row_too_long": lazy("The row is too long."),
    "text_too_long": lazy("The text in “%(field)s” is too long."),
    "time_ahead": lazy("“%(field)s” lies in the future."),
    "undecodable": lazy("The row holds bytes that are no letters of the file's encoding."),
}


def sentence(reason: str, field: str = "") -> str:
    """What a reason code says to people; an unknown code, such as one of a shop's mapping, says itself."""
    text = SENTENCES.get(reason)
    if text is None:
        return _("Refused: %(reason)s.") % {"reason": reason.replace("_", " ")}
    return str(text) % {"field": field}
