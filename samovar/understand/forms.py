"""The form of a segment."""

from __future__ import annotations

from django import forms
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import pgettext_lazy

from samovar.rules.tree import TEXT_BYTES_MAX
from samovar.understand.rules import DESCRIPTION_MAX, NAME_MAX
from samovar.webkit.form import Form


class SegmentForm(Form):
    """Name, sentence and rule. While somebody types, the rule is counted beside it."""

    name = forms.CharField(label=pgettext_lazy("segment", "Name"), max_length=NAME_MAX)
    description = forms.CharField(
        label=lazy("In one sentence"),
        max_length=DESCRIPTION_MAX,
        required=False,
        help_text=lazy("What these people have in common."),
    )
    rule = forms.CharField(
        label=lazy("Rule"),
        max_length=TEXT_BYTES_MAX,
        help_text=lazy("Such as: count(orders) >= 1 and days_since(last orders) > 60"),
        widget=forms.Textarea(
            attrs={
                "class": "code", "rows": 5, "spellcheck": "false", "autocapitalize": "off",
                "hx-post": reverse_lazy("check_segment_rule"), "hx-trigger": "input changed delay:400ms",
                "hx-target": "#live", "hx-sync": "this:replace",
            }
        ),
    )  # fmt: skip
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def count_at_once(self) -> None:
        """Count what stands in the rule when the page is there, as for what a link proposes; a stored count is not asked anew."""
        attributes = self.fields["rule"].widget.attrs
        attributes["hx-trigger"] = f"{attributes['hx-trigger']}, load"
