"""Fields: label, help, error and field tied together, so that a screen reader says them together."""

from __future__ import annotations

import re

import pytest
from django import forms
from django.template.loader import render_to_string

from euthymia.clinic.looks import widgets


class _Form(forms.Form):
    systolic = forms.IntegerField(label="Systolic", widget=widgets.Measure(unit="mmHg"), help_text="Sitting.")
    weight = forms.DecimalField(label="Weight", widget=widgets.Measure(unit="kg", decimals=1), required=False)
    answer = forms.ChoiceField(
        label="Aneurysm",
        widget=widgets.Segmented(),
        choices=[("yes", "Yes"), ("none known", "None known")],
        help_text="Any artery.",
    )
    told = forms.BooleanField(label="The patient was told")
    key = forms.UUIDField(widget=forms.HiddenInput)


def test_what_a_patient_said_is_text_wherever_a_field_shows_it():
    """The reason a rule gives stands under the field that overrides it, and holds what somebody typed."""
    form = _Form({"systolic": "<img src=x>"})
    for field in form.fields.values():
        field.help_text = field.label = '<form action="/x"><script>x</script>'
    page = form.render()
    assert "<script" not in page
    assert '<form action="/x"' not in page
    assert "&lt;script&gt;" in page


@pytest.fixture
def unsent() -> str:
    return _Form().render()


@pytest.fixture
def refused() -> str:
    return _Form({"systolic": "12o", "weight": "71.5"}).render()


def _tag(html: str, ident: str) -> str:
    found = re.search(rf'<[a-z]+\b[^>]*\bid="{ident}"[^>]*>', html)
    assert found, f"{ident} is not on the page"
    return found[0]


def test_a_measured_number_brings_its_pad_and_its_unit(unsent: str) -> None:
    assert 'inputmode="numeric"' in _tag(unsent, "id_systolic")
    assert 'inputmode="decimal"' in _tag(unsent, "id_weight")
    assert 'type="text"' in _tag(unsent, "id_weight")
    assert "mmHg</span>" in unsent


def test_help_is_tied_to_its_field(unsent: str) -> None:
    assert 'aria-describedby="id_systolic_helptext"' in _tag(unsent, "id_systolic")
    assert 'id="id_systolic_helptext"' in unsent


def test_only_what_may_be_left_out_says_so(unsent: str) -> None:
    assert unsent.count("(optional)") == 1


def test_an_error_is_tied_to_its_field_and_the_text_stays(refused: str) -> None:
    field = _tag(refused, "id_systolic")
    assert 'aria-invalid="true"' in field
    assert "id_systolic_error" in field
    assert 'value="12o"' in field
    assert 'id="id_systolic_error"' in refused


def test_a_choice_is_a_group_with_a_name(refused: str) -> None:
    group = re.search(r"<fieldset[^>]*>\s*<legend>Aneurysm", refused)
    assert group
    assert "id_answer_helptext id_answer_error" in group[0]


def test_a_tick_box_is_named_once(unsent: str) -> None:
    assert unsent.count("The patient was told") == 1


def test_nothing_is_chosen_beforehand(unsent: str) -> None:
    assert "checked" not in unsent


def test_hidden_fields_travel_with_the_form(unsent: str) -> None:
    assert '<input type="hidden" name="key"' in unsent


def test_an_error_of_a_hidden_field_is_not_lost() -> None:
    """It has no place beside a field: the summary above the form tells it."""
    form = _Form({"systolic": "120", "weight": "71.5", "answer": "yes", "told": "on", "key": "no key"})
    summary = render_to_string("components/form_errors.html", {"form": form})
    assert "Enter a valid UUID." in summary
