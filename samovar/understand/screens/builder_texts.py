"""What the builder says, in the reader's language. Words of the rule language itself come with the vocabulary."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import pgettext


def texts() -> dict[str, str]:
    """The texts of the builder by the names it uses."""
    return {**_page(), **_subjects(), **_operators(), **_windows(), **_moves()}


def _page() -> dict[str, str]:
    return {
        "rule": _("Rule"),
        "loading": _("Loading the words…"),
        "no_words": _("The words of the rule did not come. Write the rule as text, or open the page again."),
        "no_answer": _("No answer from the server: what you changed is kept, and the text follows with the next change."),
        "empty_rule": _("No conditions yet. Add the first one, or write the rule as text."),
        "empty_group": _("An empty group asks nothing. Add a condition to it or remove it."),
        "unfinished": _("Not finished: fill in a value. Until then this condition is left out."),
        "words_missing": _("The names that your data taught did not come; those that every shop has are here."),
        "search": pgettext("list", "Find"),
        "nothing_found": _("Nothing is called so."),
        "line_at": _("line"),
        "column_at": _("column"),
        "did_you_mean": _("Did you mean:"),
        "undo": _("Undo"),
        "redo": _("Redo"),
    }


def _subjects() -> dict[str, str]:
    return {
        "subject": _("What the condition is about"),
        "figure": _("What is asked of it"),
        "field": _("Field"),
        "value": _("Value"),
        "choose": _("choose"),
        "add_value": _("add a value"),
        "remove_value": _("Remove the value"),
        "line": _("Condition as text"),
        "group happened": _("What happened"),
        "group person": _("About the person"),
        "group contact": _("Contacts"),
        "group consent": _("Consents"),
        "group reachable": _("Reachability"),
        "group own": _("Attributes of your own"),
        "group records": _("What the person has"),
        "group events": _("Other events"),
        "group more": pgettext("conditions", "More"),
        "member": _("Segment"),
        "member in": _("is in it"),
        "member entered": _("entered it"),
        "chain": _("One after another"),
        "step": _("Step"),
        "did": _("first"),
        "then did": _("then"),
        "then absent": _("then not"),
        "within any": _("at any time later"),
        "within within": _("within"),
        "add_step": _("add a step"),
        "remove_step": _("Remove the step"),
        "add_where": _("where…"),
        "where": _("only those where"),
        "remove_where": _("Count all of them"),
        "figure count": pgettext("figure", "how many"),
        "figure days": pgettext("figure", "on how many days"),
        "figure sum": pgettext("figure", "sum"),
        "figure avg": pgettext("figure", "average"),
        "figure median": pgettext("figure", "median"),
        "figure min": pgettext("figure", "smallest"),
        "figure max": pgettext("figure", "greatest"),
        "figure distinct": pgettext("figure", "how many different"),
        "figure first": pgettext("figure", "of the first one"),
        "figure last": pgettext("figure", "of the last one"),
        "figure gap": pgettext("figure", "usual gap"),
        "figure streak": pgettext("figure", "longest series"),
        "figure last_streak": pgettext("figure", "latest series"),
        "figure days_since last": pgettext("figure", "days since the last"),
        "figure days_since first": pgettext("figure", "days since the first"),
        "figure hours_since last": pgettext("figure", "hours since the last"),
        "figure hours_since first": pgettext("figure", "hours since the first"),
        "span": _("of days at most"),
        "age itself": pgettext("date", "date"),
        "age days_since": pgettext("date", "days since it"),
        "age days_until": pgettext("date", "days until it"),
        "age days_until_anniversary": pgettext("date", "days until the anniversary"),
    }


def _operators() -> dict[str, str]:
    asked = {"known": _("is known"), "unknown": _("is unknown")}
    lists = {"one of": _("is one of"), "none of": _("is none of")}
    searches = {"contains": _("contains"), "starts with": _("starts with"), "ends with": _("ends with")}
    numbers = {
        ">=": pgettext("number", "at least"),
        "<=": pgettext("number", "at most"),
        "=": pgettext("number", "exactly"),
        ">": pgettext("number", "more than"),
        "<": pgettext("number", "less than"),
        "!=": pgettext("number", "is not"),
        "between": pgettext("number", "between"),
        "not between": pgettext("number", "not between"),
    }
    words = {**numbers, "=": pgettext("text", "is"), "!=": pgettext("text", "is not")}
    dates = {
        ">=": pgettext("date", "not before"),
        "<=": pgettext("date", "not after"),
        "=": pgettext("date", "on"),
        ">": pgettext("date", "after"),
        "<": pgettext("date", "before"),
        "!=": pgettext("date", "not on"),
        "between": pgettext("date", "between"),
        "not between": pgettext("date", "not between"),
    }
    families = {"": numbers, "text ": words, "date ": dates}
    named = {f"operator {family}{name}": said for family, names in families.items() for name, said in names.items()}
    common = {f"operator {family}{name}": said for family in families for name, said in {**asked, **lists, **searches}.items()}
    yes_no = {"holds": pgettext("boolean", "yes"), "fails": pgettext("boolean", "no")}
    return {
        **_beside(),
        **named,
        **common,
        "operator": _("How it is compared"),
        **{f"operator {name}": said for name, said in yes_no.items()},
        "true": yes_no["holds"],
        "false": yes_no["fails"],
    }


def _beside() -> dict[str, str]:
    """How two figures are compared: the second follows on a line of its own."""
    same = {"=": pgettext("two texts", "the same as"), "!=": pgettext("two texts", "other than")}
    numbers = {
        ">": pgettext("two figures", "more than"),
        "<": pgettext("two figures", "less than"),
        ">=": pgettext("two figures", "at least as much as"),
        "<=": pgettext("two figures", "at most as much as"),
        "=": pgettext("two figures", "as much as"),
        "!=": pgettext("two figures", "not as much as"),
    }
    dates = {
        ">": pgettext("two dates", "after"),
        "<": pgettext("two dates", "before"),
        ">=": pgettext("two dates", "not before"),
        "<=": pgettext("two dates", "not after"),
        "=": pgettext("two dates", "on the same day as"),
        "!=": pgettext("two dates", "on another day than"),
    }
    families = {"": numbers, "text ": {**numbers, **same}, "date ": dates}
    named = {f"beside {family}{name}": said for family, names in families.items() for name, said in names.items()}
    return {"beside": _("With another figure"), **named}


def _windows() -> dict[str, str]:
    return {
        "window": _("When"),
        "amount": _("How much"),
        "unit": _("Unit of time"),
        "date": _("Day"),
        "ago": _("ago"),
        "window ever": pgettext("window", "ever"),
        "window in last": pgettext("window", "in the last"),
        "window before ago": pgettext("window", "longer than"),
        "window between ago": pgettext("window", "between"),
        "window since": pgettext("window", "since"),
        "window from to": pgettext("window", "from and to"),
        "window this": pgettext("window", "this month"),
        "window previous": pgettext("window", "last month"),
    }


def _moves() -> dict[str, str]:
    return {
        "and": pgettext("rule", "and"),
        "or": pgettext("rule", "or"),
        "not": pgettext("rule", "not"),
        "all": _("All of these"),
        "any": _("Any of these"),
        "turn_or": _("Any of these conditions is enough"),
        "turn_and": _("All of these conditions are needed"),
        "turn_not": _("Take “not” away"),
        "add_condition": _("+ condition"),
        "add_group": _("+ group"),
        "move": _("Move"),
        "move_help": _("Drag, or press the arrow keys: up, down, right into a group, left out of it"),
        "moved": _("Moved."),
        "no_further": _("It cannot go further that way."),
        "more": pgettext("condition", "More"),
        "say_not": _("Say the opposite"),
        "say_not_not": _("Take “not” away"),
        "move_up": _("Move up"),
        "move_down": _("Move down"),
        "move_in": _("Into the group above"),
        "move_out": _("Out of the group"),
        "wrap": _("Into a group of its own"),
        "ungroup": _("Take the group apart"),
        "as_text": _("Write it as text"),
        "duplicate": _("Duplicate"),
        "remove": _("Remove"),
    }
