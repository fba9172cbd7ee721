"""What a monitor may send: names, units and times, as pure functions."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from euthymia.clinic.fhir import observation
from euthymia.clinic.visits import wire
from euthymia.clinic.visits.limits import limits
from euthymia.clinic.visits.wire import Quantity, Unacceptable

NOW = datetime(2026, 11, 21, 14, 5, tzinfo=UTC)
FULL = {
    "systolic": (138, "mmHg"),
    "diastolic": (88, "mm[Hg]"),
    "heart_rate": (76, "/min"),
    "respiratory_rate": (14, "{breaths}/min"),
    "spo2": (97, "%"),
}


def message(**changed: Any) -> bytes:
    values = {name: {"value": value, "unit": unit} for name, (value, unit) in FULL.items()}
    readings = [{"measured_at": NOW.isoformat(), **values}]
    return json.dumps(
        {"message_id": "m-1", "sent_at": NOW.isoformat(), "readings": readings, **changed}
    ).encode()


def with_value(name: str, value: Any, unit: str = "%") -> bytes:
    reading = {"measured_at": NOW.isoformat(), name: {"value": value, "unit": unit}}
    return message(readings=[reading])


def test_a_full_set_is_read_as_it_was_sent() -> None:
    read = wire.read_json(message(patient=" DEMO-7 "))
    assert (read.message_id, read.sent_at, read.patient) == ("m-1", NOW, "DEMO-7")
    assert dict(read.readings[0].values) == {name: value for name, (value, _) in FULL.items()}
    assert read.readings[0].refused == ()


@pytest.mark.parametrize(
    ("body", "path", "said"),
    [
        (b"<xml/>", "message", "no JSON"),
        (b'{"a": NaN}', "message", "no JSON"),
        (b'{"message_id": "a", "message_id": "b"}', "message", "no JSON"),
        (b'{"message_id": "\\u0000"}', "message", "no JSON"),
        (b"[" * 100_000, "message", "no JSON"),
        (b'{"a": 1e-99999999}', "message", "no JSON"),
        (b'{"a": 1e999999999999999999}', "message", "no JSON"),
        (b'{"a": 1e99999999999999999999999}', "message", "no JSON"),
        (b'{"a": ' + b"9" * 4000 + b"}", "message", "no JSON"),
        (b"[]", "message", "one JSON object"),
        (message(readings=[]), "readings", "at least one"),
        (message(readings=[{}] * 101), "readings", "at most 100"),
        (message(bed=3), "bed", "Leave it out"),
        (message(patient=7), "patient", "as text"),
        (message(message_id=""), "message_id", "once"),
        (message(message_id="x" * 121), "message_id", "once"),
        (message(sent_at="14:05"), "sent_at", "zone"),
        (message(sent_at="2026-11-21T14:05:00"), "sent_at", "zone"),
        (message(sent_at="1970-01-01T00:00:00Z"), "sent_at", "set the monitor's clock"),
        (message(readings=[{"measured_at": NOW.isoformat()}]), "readings[0]", "holds no value"),
        (message(readings=[{"spo2": {"value": 97, "unit": "%"}}]), "readings[0].measured_at", "zone"),
        (with_value("sedation", 5), "readings[0].sedation", "a person judges it"),
        (with_value("spo2", "97"), "readings[0].spo2", "a number with its unit"),
        (with_value("spo2", True), "readings[0].spo2", "a number with its unit"),
        (with_value("spo2", 97, ""), "readings[0].spo2", "without its unit"),
    ],
)
def test_a_message_of_the_wrong_shape_is_refused_with_what_to_do(body: bytes, path: str, said: str) -> None:
    with pytest.raises(Unacceptable) as refused:
        wire.read_json(body)
    assert any(each.path == path and said in each.sentence for each in refused.value.problems), refused.value


@pytest.mark.parametrize(
    ("name", "value", "unit", "said"),
    [
        ("spo2", 0, "%", "0 % cannot be"),
        ("spo2", Decimal("0.97"), "1", "Send it in %"),
        ("heart_rate", 400, "/min", "cannot be"),
        ("heart_rate", 76, "Hz", "Send it in /min"),
        ("spo2", Decimal("1e400"), "%", "longer than any reading"),
    ],
)
def test_a_value_that_cannot_be_is_left_out_alone(name: str, value: Any, unit: str, said: str) -> None:
    given = {name: Quantity(Decimal(value), unit), "respiratory_rate": Quantity(Decimal(14), "/min")}
    values, refused = wire.take(given, "r")
    assert values == {"respiratory_rate": 14}
    assert [each.path for each in refused] == [f"r.{name}"]
    assert said in refused[0].sentence


@pytest.mark.parametrize(
    ("upper", "lower", "said"), [(138, None, "one number"), (80, 120, "not below"), (120, 120, "not below")]
)
def test_a_pressure_is_two_numbers_in_order_or_none(upper: int, lower: int | None, said: str) -> None:
    given = {"systolic": Quantity(Decimal(upper), "mmHg")}
    if lower is not None:
        given["diastolic"] = Quantity(Decimal(lower), "mmHg")
    values, refused = wire.take(given, "r")
    assert values == {}
    assert said in refused[0].sentence


def test_the_same_key_may_be_in_the_request_and_in_the_body_but_no_other() -> None:
    assert wire.read_json(message(), key="m-1").message_id == "m-1"
    with pytest.raises(Unacceptable, match="differs"):
        wire.read_json(message(), key="m-2")


def test_a_message_sent_again_later_is_the_same_message() -> None:
    later = (NOW + timedelta(minutes=3)).isoformat()
    assert wire.read_json(message()).sha256 == wire.read_json(message(sent_at=later)).sha256
    assert wire.read_json(message()).sha256 != wire.read_json(message(patient="other")).sha256


# --- units ---------------------------------------------------------------------------------------------------
@given(st.decimals(min_value=4, max_value=40, places=2))
def test_kilopascals_become_the_nearest_millimetre_of_mercury(kpa: Decimal) -> None:
    given = {"systolic": Quantity(kpa, "kPa"), "diastolic": Quantity(Decimal(2), "kPa")}
    values, _ = wire.take(given, "r")
    exact = kpa * 1000 / Decimal("133.322387415")
    assert abs(values["systolic"] - exact) <= Decimal("0.51")


@given(st.integers(min_value=60, max_value=350))
def test_millimetres_called_kilopascals_are_never_taken(mmhg: int) -> None:
    given = {"systolic": Quantity(Decimal(mmhg), "kPa"), "diastolic": Quantity(Decimal(50), "kPa")}
    assert wire.take(given, "r")[0] == {}


@given(st.decimals(min_value=8, max_value=19, places=1))
def test_kilopascals_called_millimetres_are_never_taken(kpa: Decimal) -> None:
    given = {"systolic": Quantity(kpa, "mmHg"), "diastolic": Quantity(kpa - 4, "mmHg")}
    assert wire.take(given, "r")[0] == {}


@given(st.sampled_from(wire.NAMES), st.decimals(allow_nan=False, allow_infinity=False, places=3))
@settings(max_examples=200)
def test_what_is_taken_is_what_was_sent_rounded_and_can_be(name: str, value: Decimal) -> None:
    given = {name: Quantity(value, FULL[name][1])}
    if name in ("systolic", "diastolic"):
        given |= {"systolic": Quantity(Decimal(350), "mmHg")} if name == "diastolic" else {}
        given |= {"diastolic": Quantity(Decimal(10), "mmHg")} if name == "systolic" else {}
    taken, refused = wire.take(given, "r")
    if name in taken:
        assert limits()[name].is_possible(taken[name])
        assert taken[name] == int(value.quantize(Decimal(1), ROUND_HALF_UP))
    else:
        assert refused


# --- clocks --------------------------------------------------------------------------------------------------
SECONDS = st.integers(min_value=-3500, max_value=3500)


@given(ahead=SECONDS, ages=st.lists(st.integers(min_value=0, max_value=80_000), min_size=1, max_size=8))
def test_any_trusted_clock_gives_the_true_time_and_keeps_the_order(ahead: int, ages: list[int]) -> None:
    skew = timedelta(seconds=ahead)
    true = sorted(NOW - timedelta(seconds=age) for age in ages)
    found = [wire.in_time(at + skew, sent_at=NOW + skew, received_at=NOW) for at in true]
    assert all(each.hold == "" for each in found)
    assert {each.ahead_s for each in found} == {ahead}
    assert [each.measured_at for each in found] == sorted(each.measured_at for each in found)
    slack = wire.span("clock", "equal_within")
    assert all(abs(each.measured_at - at) <= slack for each, at in zip(found, true, strict=True))
    assert all(each.measured_at <= NOW for each in found)


@pytest.mark.parametrize(
    ("taken", "sent", "said"),
    [
        (timedelta(0), timedelta(hours=1, minutes=1), "more than an hour wrong"),
        (timedelta(0), timedelta(hours=-5), "more than an hour wrong"),
        (timedelta(minutes=1), timedelta(0), "after it was sent"),
        (timedelta(hours=-25), timedelta(0), "older than a day"),
        (timedelta(minutes=1), None, "runs ahead"),
        (timedelta(minutes=-16), None, "cannot be checked"),
    ],
)
def test_a_time_that_cannot_be_known_is_held(taken: timedelta, sent: timedelta | None, said: str) -> None:
    sent_at = NOW + sent if sent is not None else None
    at = NOW + taken + (sent if sent is not None and abs(sent) > timedelta(hours=1) else timedelta(0))
    assert said in wire.in_time(at, sent_at=sent_at, received_at=NOW).hold


def test_without_a_clock_to_compare_a_fresh_reading_is_taken() -> None:
    found = wire.in_time(NOW - timedelta(minutes=2), sent_at=None, received_at=NOW)
    assert (found.measured_at, found.ahead_s, found.hold) == (NOW - timedelta(minutes=2), None, "")


# --- whatever is sent ----------------------------------------------------------------------------------------
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9)
WORDS = st.sampled_from(
    [
        "message_id",
        "sent_at",
        "patient",
        "readings",
        "measured_at",
        "spo2",
        "systolic",
        "value",
        "unit",
        "resourceType",
        "Observation",
        "Bundle",
        "entry",
        "resource",
        "code",
        "coding",
        "component",
        "status",
        "final",
        "valueQuantity",
        "system",
        "subject",
        "identifier",
        "type",
        "collection",
    ]
)
JSON = st.recursive(
    LEAVES | WORDS,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(WORDS | st.text(max_size=4), inner, max_size=6)
    ),
    max_leaves=25,
)
KINDS = st.sampled_from([{}, {"resourceType": "Observation"}, {"resourceType": "Bundle", "type": "batch"}])


@given(JSON, KINDS, st.dictionaries(WORDS, JSON, max_size=8))
@settings(max_examples=80, deadline=None)
def test_whatever_is_sent_is_taken_or_refused_in_words(tree: Any, kind: dict[str, str], more: Any) -> None:
    for sent in (tree, kind | more):
        data = json.dumps(sent).encode()
        for read in (wire.read_json, observation.read):
            with suppress(Unacceptable):
                assert read(data, key="k").message_id == "k"
