"""Text of definitions: canonical, safe and exact."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samovar.engine.definitions import BadDefinition, from_text, to_text

scalars = st.text(max_size=60) | st.integers() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
)


@settings(deadline=None, max_examples=200)
@given(st.dictionaries(st.text(min_size=1, max_size=10), values.filter(lambda value: value not in ("", [], {})), max_size=5))
def test_a_text_reads_back_as_what_was_written(definition):
    text = to_text(definition)
    assert from_text(text, name="x.yaml") == definition if definition else text == "{}\n"
    assert to_text(from_text(text, name="x.yaml")) == text


def test_several_lines_stand_as_a_block_and_dates_stay_texts():
    text = to_text({"html": "<p>Да</p>\n<p>Нет</p>\n", "start": "2026-11-21", "goal": ""})
    assert text == "html: |\n  <p>Да</p>\n  <p>Нет</p>\nstart: '2026-11-21'\n"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a: &x [1]\nb: *x\n", "definition_unreadable"),
        ("a: !!python/object/apply:os.system [ls]\n", "definition_unreadable"),
        ("- 1\n", "definition_shape"),
        ("1: 2\n", "definition_shape"),
        ("a: [\n", "definition_unreadable"),
        ("[" * 5000, "definition_too_deep"),
    ],
)
def test_it_refuses_what_is_not_plain_names_and_values(text, code):
    with pytest.raises(BadDefinition) as refusal:
        from_text(text, name="x.yaml")
    assert refusal.value.code == code


def test_an_unreadable_text_names_its_line():
    with pytest.raises(BadDefinition, match=r"x\.yaml, line 2, column 1"):
        from_text("a: [1,\n}", name="x.yaml")
