"""mg, mcg, mL, kg and lb cannot be confused: not in arithmetic, not in what a person types."""

from __future__ import annotations

import itertools
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from euthymia.protocol import units
from euthymia.protocol.units import (
    BodyWeight,
    Concentration,
    DoseForWeight,
    Duration,
    Mass,
    NotAnAmount,
    Rate,
    Unit,
    Volume,
    read,
)

KINDS = (Mass, Volume, BodyWeight, Concentration, DoseForWeight, Duration, Rate)
amounts = st.decimals(Decimal("0.001"), Decimal("9999"), places=3)
typed_numbers = st.decimals(Decimal("0.01"), Decimal("9999"), places=2).map(lambda number: f"{number:f}")


@pytest.mark.parametrize(("one", "other"), list(itertools.permutations(KINDS, 2)))
def test_amounts_of_different_units_are_never_added_compared_or_equal(one, other):
    this, that = one(Decimal(2)), other(Decimal(2))
    assert this != that
    with pytest.raises(TypeError):
        this + that
    with pytest.raises(TypeError):
        assert this < that


@pytest.mark.parametrize(("one", "other"), list(itertools.product(KINDS, KINDS)))
def test_only_products_and_quotients_that_mean_something_exist(one, other):
    products = {(Concentration, Volume), (DoseForWeight, BodyWeight), (Rate, Duration)}
    quotients = {(Mass, Concentration), (Volume, Duration)}
    this, that = one(Decimal(6)), other(Decimal(3))
    for allowed, reckon in ((products, lambda: this * that), (quotients, lambda: this / that)):
        if (one, other) in allowed:
            assert type(reckon()) not in (one, other)
        else:
            with pytest.raises(TypeError):
                reckon()


@pytest.mark.parametrize("number", [0.5, 1, "0.5", None])
def test_an_amount_is_an_exact_decimal(number):
    for kind in KINDS:
        with pytest.raises(TypeError, match="exact decimal"):
            kind(number)
    for convert in (Mass.from_mcg, BodyWeight.from_lb):
        with pytest.raises(TypeError):
            convert(number)


@pytest.mark.parametrize("number", ["-1", "NaN", "Infinity", "-0.01", "sNaN"])
def test_no_amount_is_negative_or_no_number(number):
    with pytest.raises(ValueError, match="no amount"):
        Mass(Decimal(number))


@given(amounts)
def test_a_mass_is_the_same_in_micrograms_and_a_thousand_times_the_number(milligrams):
    assert Mass(milligrams).mcg == milligrams * 1000
    assert Mass.from_mcg(Mass(milligrams).mcg) == Mass(milligrams)


@given(amounts, amounts)
def test_what_a_volume_holds_is_what_the_volume_was_worked_out_for(mass, concentration):
    volume = Mass(mass) / Concentration(concentration)
    assert abs((Concentration(concentration) * volume).value - mass) < Decimal("1e-40")


@given(amounts, amounts)
def test_a_rate_gives_its_volume_in_its_time(volume, minutes):
    assert abs(((Volume(volume) / Duration(minutes)) * Duration(minutes)).value - volume) < Decimal("1e-40")


def test_conversions_worked_out_by_hand():
    assert BodyWeight.from_lb(Decimal(154)).rounded(Decimal("0.1")) == BodyWeight(Decimal("69.9"))
    assert Mass.from_mcg(Decimal(500)) == Mass(Decimal("0.5"))
    assert Mass(Decimal(38)) / Concentration(Decimal("0.5")) == Volume(Decimal(76))
    assert Volume(Decimal(76)) / Duration(Decimal(40)) == Rate(Decimal(114))
    assert str(DoseForWeight(Decimal("0.50")) * BodyWeight(Decimal("70.0"))) == "35 mg"


# --- what a person types -------------------------------------------------------------------------------------
@given(typed_numbers, st.sampled_from(list(Unit)))
def test_a_number_is_read_exactly_with_its_unit_or_without(text, unit):
    assert read(text, unit, decimals=2) == Decimal(text)
    assert read(f" {text} {unit} ", unit, decimals=2) == Decimal(text)


@given(typed_numbers, st.sampled_from(list(itertools.permutations(Unit, 2))))
def test_a_number_with_another_unit_is_never_taken(text, units_):
    asked, typed = units_
    with pytest.raises(NotAnAmount, match=f"This field is in {asked}"):
        read(f"{text} {typed}", asked, decimals=2)


@given(st.text(max_size=12), st.sampled_from(list(Unit)))
def test_whatever_is_typed_is_the_number_that_stands_there_or_is_refused(text, unit):
    try:
        number = read(text, unit, decimals=3)
    except NotAnAmount:
        return
    digits = text.strip().lower().removesuffix(unit.lower()).strip()
    assert digits.replace(".", "", 1).isdecimal()
    assert digits.isascii()
    assert number == Decimal(digits)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("1,5", "with a point"),
        ("1,000", "with a point"),
        ("1.000,5", "with a point"),
        ("0.5.", "one point"),
        ("1..5", "one point"),
        ("5.", "a digit behind it"),
        (".5", "Write 0.5"),
        ("500 mcg", "500 mcg is 0.5 mg"),
        ("500mcg", "500 mcg is 0.5 mg"),
        ("500 µg", "500 mcg is 0.5 mg"),
        ("5 mL", "something else"),
        ("56 mg/kg", "something else"),
        ("1e3", "Write a number"),
        ("1_000", "Write a number"),
        ("+5", "Write a number"),
        ("-5", "Write a number"),
        ("−5", "Write a number"),
        ("NaN", "Write a number"),
        ("Infinity", "Write a number"),
        ("٣٥", "Write a number"),
        ("５６", "Write a number"),
        ("5 6", "Write a number"),
        ("56 mg mg", "Write a number"),
        ("", "Write a number"),
        ("0.125", "at most 2 digits"),
    ],
)  # fmt: skip
def test_what_could_be_read_as_another_number_is_refused_with_a_sentence(text, sentence):
    with pytest.raises(NotAnAmount, match=sentence):
        read(text, Unit.MG, decimals=2)


@pytest.mark.parametrize("text", ["154 lb", "154 lbs", "154lb", "154 LB"])
def test_pounds_in_a_field_of_kilograms_are_told_in_kilograms(text):
    with pytest.raises(NotAnAmount, match=r"154 lb is 69\.9 kg"):
        read(text, Unit.KG, decimals=1)


def test_a_number_too_fine_for_the_field_is_not_rounded():
    with pytest.raises(NotAnAmount, match="whole number"):
        read("2.5", Unit.DEVICES, decimals=0)
    assert read("0.500", Unit.MG, decimals=3) == Decimal("0.5")


def test_numbers_are_shown_as_people_write_them():
    assert [units.plain(Decimal(text)) for text in ("35.00", "1E+2", "0.50", "100", "0")] == [
        "35", "100", "0.5", "100", "0",
    ]  # fmt: skip
