"""What reports, their columns and their choices are called, in the reader's language."""

from __future__ import annotations

import re

from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, pgettext_lazy

from samovar.collect.quality.labels import event as event_label
from samovar.measure.reports.paths import SEPARATOR
from samovar.measure.reports.report import Column
from samovar.rules import builtin_catalogue
from samovar.rules.sentence import LANGUAGES
from samovar.rules.sentence.labels import collection_label
from samovar.understand.sayings import spoken

Label = str | Promise
_STEP = re.compile(r"(?P<name>[a-z_]+)(?: within (?P<amount>\d+) (?P<unit>minutes|hours|days|weeks)\Z|(?P<rest>.*)\Z)", re.DOTALL)

# Of each report: what it is called, and the question it answers.
TITLES: dict[str, tuple[Label, Label]] = {
    "cohorts": (_("Cohorts"), _("Who orders again, by when or with what they first ordered.")),
    "funnel": (_("Funnel"), _("How many take each step after the one before, and who is lost at which.")),
    "drivers": (
        _("Drivers of revenue"),
        _("What changed the revenue between two periods: buyers, orders, or the average order."),
    ),
    "rfm": (_("RFM"), _("Buyers by how lately, how often and for how much they ordered.")),
    "rfm-moves": (_("Moves between RFM cells"), _("Who came to order more or less than some days ago.")),
    "baskets": (_("Baskets"), _("The average order, its lines, and how soon people come again.")),
    "affinity": (_("Bought together"), _("Which goods stand in one order, and how often beside what chance would bring.")),
    "paths": (_("Paths"), _("What people do one after another.")),
    "reach": (_("Reachability"), _("By how many channels each customer may be written to, and what would raise it.")),
    "loyalty": (_("Scorecard of loyalty"), _("Who stays, who comes again, who leaves, and what they say.")),
    "custom": (_("Report of one's own"), _("Anything that happened, by whatever parts it. Own reports offers it as choices.")),
    "live": (_("Live counter"), _("A figure by minutes, beside what is usual and the line it should not cross.")),
    "ladder": (_("Ladder of activity"), _("On which rung each customer stands.")),
}

_COLUMNS: dict[str, Label] = {
    "r": _("Recency"), "f": _("Frequency"), "m": _("Money"), "from_r": _("Recency before"), "from_f": _("Frequency before"),
    "people": _("People"), "orders": _("Orders"), "gross_minor": _("Orders for"), "share": _("Share"),
    "gross_share": _("Share of money"), "cohort": _("First order"), "size": _("Buyers"), "step": _("Step"),
    "of_first": _("Of the first step"), "of_before": _("Of the step before"), "lost": _("Lost"), "by": _("Part"),
    "period": _("Period"), "buyers": _("Buyers"), "orders_per_buyer": _("Orders a buyer"),
    "average_order_minor": _("Average order"), "median_order_minor": _("Middle order"),
    "change_minor": pgettext_lazy("of a figure", "Change"),
    "from_buyers_minor": _("By buyers"), "from_frequency_minor": _("By orders a buyer"),
    "from_average_minor": _("By the average order"), "new_buyers": _("New"), "kept_buyers": _("Kept"),
    "returned_buyers": _("Returned"), "lost_buyers": pgettext_lazy("buyers", "Lost"), "new_minor": _("By the new"),
    "kept_minor": _("By the kept"), "returned_minor": _("By the returned"), "lost_minor": _("By the lost"),
    "lines_per_order": _("Lines an order"), "units_per_order": _("Pieces an order"),
    "repeat_days": _("Days since the order before"),
    "item": _("Bought"), "with": _("Together with"), "support": _("Share of orders"), "confidence": _("Of its orders"),
    "back": _("Of the other's orders"), "lift": _("Times chance"), "path": _("Path"), "depth": _("Depth"),
    "of_all": _("Of all"), "stopped": _("Stopped here"), "rung": _("Rung"), "reached": _("Came so far or further"),
    "reached_share": _("Their share"), "channel": _("Channel"), "state": _("State"), "segment": _("Segment"),
    "none": _("By no channel"), "one": _("By one"), "more": _("By two or more"), "reachable_share": _("Reachable"),
    "figure": _("Figure"), "value": _("Now"), "before": _("A period before"), "of": _("Of how many"),
    "minute": _("Minute"), "figure_minor": _("Figure"), "counted": _("Counted"), "counted_minor": _("Counted"),
    "per": _("Divided by"), "usual": _("Usual"), "usual_minor": _("Usual"), "line": pgettext_lazy("of a counter", "Line"),
    "line_minor": pgettext_lazy("of a counter", "Line"),
}  # fmt: skip

# Of a parameter, and after a report's name where its parameter is called otherwise.
PARAMS: dict[str, Label] = {
    "among": _("Among"), "by": _("Parted by"), "of": _("Goods by"), "shows": _("Showing"), "steps": _("Steps"),
    "from": _("First period"), "to": _("Second period"), "limit": _("Goods looked at"), "least": _("Orders at least"),
    "start": _("Beginning with"), "days": _("Days"), "depth": _("Steps deep"), "width": _("Branches shown"), "rungs": _("Rungs"),
    "where": _("Rows where"), "rows": _("Rows by"), "columns": _("Columns by"), "measures": _("Measures"),
    "period": _("Period"), "compare": _("Beside it"), "sort": _("In the order of"),
    "measure": _("Measure"), "per": _("Divided by"), "window": _("Over minutes"), "minutes": _("Minutes shown"),
    "line": pgettext_lazy("of a counter", "Line"), "usual": _("Beside the usual"), "hold": _("Minutes until an alert"),
    "live.of": _("What is counted"), "live.least": _("Judged from rows"), "custom.of": _("What is counted"),
    "custom.limit": _("Rows by name"),
}  # fmt: skip

CHOICES: dict[str, Label] = {
    "month": _("month"), "week": _("week"), "product": _("first product"), "name": pgettext_lazy("goods", "name"),
    "sku": _("article"), "category": _("category"), "brand": _("brand"), "people": pgettext_lazy("what is shown", "people"),
    "channel": _("channels"), "segment": _("segments"), "orders": pgettext_lazy("what is shown", "orders"),
    "gross": pgettext_lazy("what is shown", "money"), "yes": _("yes"), "no": _("no"),
}  # fmt: skip

# The rungs of the ladder that comes with the house, as `paths.RUNGS` names them.
RUNGS: dict[str, Label] = {
    "bought twice": _("bought twice in 90 days"), "bought": _("bought in 90 days"),
    "filled a cart": _("filled a cart in 30 days"), "looked at goods": _("looked at goods in 30 days"),
    "visited": _("visited in 30 days"), "once bought": _("bought, but longer ago"),
    "": _("on none"),
}  # fmt: skip


# What rows are called that reports name by words of their own: of reachability, and of the scorecard with its formula.
STATES: dict[str, Label] = {
    "any": _("Any channel"), "email": _("E-mail"), "sms": _("SMS"), "0": _("by none"), "1": _("by one"),
    "2+": _("by two or more"),
    "reachable": _("reachable"), "unasked": _("has an address and was never asked"), "refused": _("has refused"),
    "stopped": _("all addresses are stopped"), "no_address": _("no address"),
}  # fmt: skip
JUDGED: dict[str, Label] = {
    "ok": _("as it should be"),
    "beyond": _("beyond the line"),
    "few": _("too few to judge"),
}
ADVICE: dict[str, Label] = {
    "unasked": _("Ask them to agree, in the shop, in a form or in a service message."),
    "stopped": _("Ask for another address: letters to this one bounced or were complained of."),
    "no_address": _("Ask for an address where they already speak to you, one field at a time."),
}
FIGURES: dict[str, tuple[Label, Label]] = {
    "active_share": (_("Active"), _("of buyers, those who ordered within the days")),
    "repeat_rate": (_("Buy again"), _("of buyers, those with at least two orders")),
    "retention": (_("Stayed"), _("of those who ordered in the days before, those who ordered again")),
    "churn": (_("Left"), _("of those who ordered in the days before, those who ordered no more")),
    "frequency": (_("Orders a buyer"), _("orders within the days by their buyers")),
    "average_order": (_("Average order"), _("money of orders within the days by these orders")),
    "value_per_buyer": (_("Value of a buyer"), _("money of all orders by all buyers: the lifetime value so far")),
    "nps": (
        _("NPS"),
        _("points: 9 and 10 less 0 to 6, the last answer of each; comes with the event NPS Answered and its score"),
    ),
    "csat": (_("CSAT"), _("4 and 5 of 5, the last answer of each; comes with the event CSAT Answered and its score")),
    "share_of_wallet": (
        _("Share of wallet"),
        _("orders here a month of what people say they spend in all shops; comes with the event Wallet Answered and its monthly"),
    ),
}


def param_label(report: str, param: str) -> str:
    """What a parameter of a report is called."""
    return str(PARAMS.get(f"{report}.{param}") or PARAMS[param])


def called(report: str, column: str, text: str) -> str:
    """A text of a table by the words its report has for it; as it stands where there are none."""
    match report, column:
        case "ladder", "rung":
            return str(RUNGS.get(text, text))
        case "reach", "channel" | "state":
            return str(STATES.get(text, text))
        case "loyalty", "figure":
            return str(FIGURES[text][0])
        case "live", "state":
            return str(JUDGED.get(text, text))
        case "funnel", "step":
            return step_text(text)
        case "paths", "step" | "path":
            return SEPARATOR.join(map(event_text, text.split(SEPARATOR)))
    return text


def step_text(text: str) -> str:
    """A step of a funnel as people read it, as far as it is plain: what is counted, and within what time."""
    match = _STEP.match(text)
    if match is None or match["name"] not in builtin_catalogue().collections:
        return text
    name = capfirst(collection_label(match["name"], LANGUAGES[spoken()]))
    if not match["amount"]:
        return f"{name}{match['rest']}"
    amount = int(match["amount"])
    within = {
        "minutes": ngettext("within %(n)s minute", "within %(n)s minutes", amount),
        "hours": ngettext("within %(n)s hour", "within %(n)s hours", amount),
        "days": ngettext("within %(n)s day", "within %(n)s days", amount),
        "weeks": ngettext("within %(n)s week", "within %(n)s weeks", amount),
    }[match["unit"]] % {"n": amount}  # fmt: skip
    return f"{name}, {within}"


def event_text(name: str) -> str:
    """A step of a path as people read it: an event that is a collection as funnels call it, another by its own name."""
    collections = {one.event: one.name for one in builtin_catalogue().collections.values() if one.event}
    known = {"Order Completed": "orders", "Order Refunded": "returns", **collections}
    if name in known:
        return str(capfirst(collection_label(known[name], LANGUAGES[spoken()])))
    called_so = event_label(name)
    return called_so if called_so == name else str(capfirst(called_so))


def heading(column: Column) -> str:
    """What a column is called; one that a report makes for a later month or week is called as it is."""
    return str(_COLUMNS.get(column.name, column.name))
