"""The form of a campaign's draft: people's units (percent, local time, “A 50, B 50”) to the fields of `decide.fields`."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import pgettext_lazy

from samovar.decide import audience
from samovar.decide.labels import KINDS
from samovar.decide.models import Campaign
from samovar.decide.rules import CONTROL_SHARE_MAX, PER_WHOLE, WINDOW_DAYS_MAX
from samovar.webkit.form import Form

FORM_ID = "campaign-form"
PURPOSES = (("marketing", lazy("Marketing")), ("service", lazy("Service: a letter the person needs")))
_VARIANT = re.compile(r"\s*([\w-]{1,40})(?:[\s:]+(\d{1,6}))?\s*\Z")


class NewCampaign(Form):
    """A draft begins with its name."""

    name = forms.CharField(
        label=pgettext_lazy("of a campaign", "Name"),
        max_length=150,
        help_text=lazy("For you and your colleagues; customers never see it."),
    )  # fmt: skip


class DraftForm(Form):
    """All steps of a draft. Its controls stand in several cards and belong to one form by the attribute `form`."""

    name = forms.CharField(label=pgettext_lazy("of a campaign", "Name"), max_length=150)
    goal = forms.CharField(
        label=lazy("Goal"), max_length=300, required=False, help_text=lazy("What should happen that would not happen by itself?")
    )
    kind = forms.ChoiceField(label=lazy("Kind"), choices=list(KINDS.items()))
    purpose = forms.ChoiceField(label=lazy("Purpose of consent"), choices=PURPOSES)
    segment = forms.ChoiceField(label=lazy("Segment"), required=False)
    audience = forms.CharField(
        label=lazy("Or a rule"), required=False, max_length=65_536,
        widget=forms.Textarea({"rows": 4, "class": "code", "spellcheck": "false"}),
        help_text=lazy("Such as: count(orders) >= 1 and days_since(last orders) > 60. A rule stands before the segment."),
    )  # fmt: skip
    start = forms.DateTimeField(
        label=lazy("Start"), required=False, input_formats=["%Y-%m-%dT%H:%M"],
        widget=forms.DateTimeInput({"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )  # fmt: skip
    variants = forms.CharField(
        label=lazy("Variants"), max_length=500,
        help_text=lazy("Names with their weights, such as: A 50, B 50. One variant needs no weight."),
    )  # fmt: skip
    control_percent = forms.FloatField(
        label=lazy("Control group, %"), min_value=0, max_value=100 * CONTROL_SHARE_MAX / PER_WHOLE,
        help_text=lazy("They get nothing, so that the report can say what the letter earned. 10 % is a good habit."),
    )  # fmt: skip
    window_days = forms.IntegerField(
        label=lazy("Count orders for, days"), min_value=1, max_value=WINDOW_DAYS_MAX,
        help_text=lazy("From the moment the letter goes out; the same for the control group."),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kept = str(self.initial.get("segment") or "")
        choices = [("", _("No segment")), *audience.segment_choices()]
        if kept and kept not in dict(choices):
            choices.append((kept, kept))  # archived since: shown as it stands, so that saving does not drop it
        field = self.fields["segment"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices
        zone = settings.WORKSPACE.zone.name
        self.fields["start"].help_text = _("Empty: at once after launch. Time zone %(zone)s.") % {"zone": zone}
        for one in self.fields.values():
            one.widget.attrs["form"] = FORM_ID

    def clean_variants(self) -> list[dict[str, Any]]:
        """“A 50, B 50” as names and weights."""
        found: list[dict[str, Any]] = []
        for part in self.cleaned_data["variants"].split(","):
            match = _VARIANT.match(part)
            if match is None:
                raise forms.ValidationError(_("Write names and weights, such as: A 50, B 50."))
            found.append({"name": match[1], "weight": int(match[2] or 1)})
        return found

    def values(self) -> dict[str, Any]:
        """The fields as `operations.edit` takes them."""
        data = dict(self.cleaned_data)
        start: datetime | None = data.pop("start")
        data["start_us"] = None if start is None else settings.WORKSPACE.zone.of_naive(start.replace(tzinfo=None))
        data["control_share"] = round(data.pop("control_percent") * PER_WHOLE / 100) / PER_WHOLE
        return data


def initial_of(campaign: Campaign) -> dict[str, Any]:
    """What the form shows of a draft."""
    start = campaign.start_us
    weights = campaign.weights()
    return {
        "name": campaign.name, "goal": campaign.goal, "kind": campaign.kind, "purpose": campaign.purpose,
        "segment": campaign.audience_segment, "audience": campaign.audience_text,
        "start": None if start is None else settings.WORKSPACE.zone.local(start).replace(tzinfo=None),
        "variants": ", ".join(f"{name} {weight}" if len(weights) > 1 else name for name, weight in weights),
        "control_percent": f"{campaign.control_share * 100 / PER_WHOLE:g}", "window_days": campaign.window_days,
    }  # fmt: skip
