"""Forms: plain Django forms in the look of the house. `{{ form }}` draws labels, help, errors and controls."""

from __future__ import annotations

from typing import Any

from django import forms
from django.forms.renderers import TemplatesSetting


class Renderer(TemplatesSetting):
    """Draws every form of the office through templates of our own."""

    form_template_name = "webkit/form.html"
    field_template_name = "webkit/field.html"


class Form(forms.Form):
    """A form without the colon after labels; its controls carry the classes of the theme."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            dress(field.widget)


def dress(widget: forms.Widget) -> None:
    """Give a control its class by its kind."""
    kind = "form-check-input" if isinstance(widget, forms.CheckboxInput) else ""
    kind = kind or ("form-select" if isinstance(widget, forms.Select) else "form-control")
    if not isinstance(widget, forms.CheckboxSelectMultiple | forms.RadioSelect):
        widget.attrs["class"] = f"{widget.attrs.get('class', '')} {kind}".strip()
