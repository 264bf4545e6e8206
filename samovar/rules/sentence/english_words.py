"""The words of the catalogue in English. A new collection, field or attribute is a line here and one in each other language."""

from __future__ import annotations

from samovar.rules.sentence.grammar import Noun, Words


def noun(one: str, many: str = "", article: str = "") -> Noun:
    """A noun with its plural and its indefinite article."""
    return Noun(article or ("an" if one[0] in "aeioAEIO" else "a"), one, many or f"{one}s")


WORDS = Words(
    collections={
        "orders": noun("order"),
        "lines": noun("order line"),
        "returns": noun("return"),
        "visits": noun("visit"),
        "views": noun("product view"),
        "cart_adds": noun("cart add"),
        "checkouts": noun("checkout"),
        "messages": noun("message"),
        "opens": noun("message open"),
        "clicks": noun("message click"),
        "calls": noun("call"),
        "entries": noun("segment entry", "segment entries"),
        "items": noun("basket item"),
    },
    verbs={"orders": "ordered", "visits": "visited"},
    fields={
        "amount": noun("amount"),
        "price": noun("price"),
        "quantity": noun("quantity", "quantities"),
        "order_id": noun("order number"),
        "channel": noun("channel"),
        "currency": noun("currency", "currencies"),
        "name": noun("name"),
        "sku": noun("SKU", article="an"),
        "product_id": noun("product number"),
        "category": noun("category", "categories"),
        "brand": noun("brand"),
        "url": noun("address", "addresses"),
        "lines": noun("number of lines", "numbers of lines"),
        "views": noun("number of pages", "numbers of pages"),
        "value": noun("value"),
        "campaign_id": noun("campaign number"),
        "variant": noun("variant"),
        "message_id": noun("message number"),
        "duration": noun("duration"),
        "segment": noun("segment name"),
    },
    attributes={
        "first_name": noun("first name"),
        "last_name": noun("last name"),
        "name": noun("name"),
        "gender": noun("gender"),
        "city": noun("city", "cities"),
        "region": noun("region"),
        "country": noun("country", "countries"),
        "language": noun("language"),
        "birthday": noun("date of birth", "dates of birth"),
        "registered_at": noun("registration"),
        "lifecycle": noun("lifecycle stage"),
        "contact.email.is_known": noun("presence of an e-mail address"),
        "contact.phone.is_known": noun("presence of a phone number"),
        "contact.card.is_known": noun("presence of a card"),
        "contact.user_id.is_known": noun("presence of a user id"),
        "basket.total": noun("total of the basket"),
        "basket.currency": noun("currency of the basket"),
        "basket.channel": noun("channel of the basket"),
        "coupon": noun("coupon"),
        "now.hour": noun("hour of the day"),
        "now.weekday": noun("number of the weekday"),
    },
    anniversaries={"birthday": noun("next birthday")},
    states={
        "registered_at": ("is registered", "is not registered"),
        "contact.email.is_known": ("has an e-mail address", "has no e-mail address"),
        "contact.phone.is_known": ("has a phone number", "has no phone number"),
        "contact.card.is_known": ("has a card", "has no card"),
        "contact.user_id.is_known": ("has a user id", "has no user id"),
    },
    values={
        "now.weekday": dict(
            zip("1234567", ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"), strict=True)
        ),
    },
    named={"now.weekday": noun("weekday")},
    channels={"email": "by e-mail", "sms": "by SMS", "phone": "by phone"},
    purposes={"marketing": "marketing", "service": "service messages"},
    units={
        "minutes": noun("minute"),
        "hours": noun("hour"),
        "days": noun("day"),
        "weeks": noun("week"),
        "months": noun("month"),
        "years": noun("year"),
    },
    windows={
        "today": "today",
        "since": "since {first}",
        "from to": "from {first} to {last}",
        "this": "this month",
        "previous": "last month",
    },
    months=(
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
    ),
)  # fmt: skip
