"""What a tired hand enters wrongly, as the forms of a visit take it: refused, or asked about once more."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.http import QueryDict
from django.utils import timezone

from euthymia.clinic.visits.forms import (
    DeviceForm,
    InfusionForm,
    InfusionOrderForm,
    ObservationForm,
    QuestionnaireForm,
    VisitForm,
    WeightForm,
)
from euthymia.clinic.visits.models.dose import InfusionStep

NOW = datetime(2026, 11, 20, 18, 40, tzinfo=UTC)
THIS_MORNING = NOW - timedelta(hours=4)


@pytest.fixture(autouse=True)
def clinic_zone() -> Iterator[None]:
    with timezone.override("America/New_York"):
        yield


def sent(values: Mapping[str, str]) -> QueryDict:
    data = QueryDict(mutable=True)
    data.update({"idempotency_key": str(uuid4()), **values})
    return data


def sent_again(form: VisitForm) -> QueryDict:
    """What the page posts when its button is pressed once more: its hidden fields as they were drawn."""
    data = form.data.copy()
    data["asked_about"] = form["asked_about"].value()
    return data


class TestTimesOfDay:
    def form(self, clock: str, *, now: datetime = NOW, planned: datetime = THIS_MORNING) -> ObservationForm:
        data = sent({"systolic": "124", "diastolic": "78", "happened": clock})
        return ObservationForm(data, now=now, planned=planned)

    def test_a_time_to_come_is_refused_and_not_taken_for_yesterday(self) -> None:
        form = self.form("23:55")
        assert not form.is_valid()
        assert "still to come" in str(form.errors["happened"])

    def test_a_time_before_midnight_is_yesterday_for_a_visit_that_began_then(self) -> None:
        after_midnight = datetime(2026, 11, 21, 5, 10, tzinfo=UTC)  # 00:10 in New York
        form = self.form("23:50", now=after_midnight, planned=after_midnight - timedelta(hours=3))
        assert form.is_valid(), form.errors
        assert form.values()["measured_at"] == after_midnight - timedelta(minutes=20)

    def test_a_time_to_come_after_midnight_is_not_taken_for_the_night_before(self) -> None:
        """Five minutes ahead: taken for yesterday it would start every clock of the dose a day too early."""
        after_midnight = datetime(2026, 11, 21, 5, 30, tzinfo=UTC)  # 00:30 in New York
        form = self.form("00:35", now=after_midnight, planned=after_midnight - timedelta(hours=3))
        assert "still to come" in str(form.errors["happened"])

    def test_a_time_just_passed_is_taken(self) -> None:
        form = self.form("13:38")
        assert form.is_valid(), form.errors
        assert form.values()["measured_at"] == NOW - timedelta(minutes=2)


class TestWhatIsAskedAbout:
    @pytest.mark.parametrize(("weight", "last"), [("7.6", None), ("96.0", Decimal("76.0"))])
    def test_an_unusual_weight_is_taken_when_it_is_sent_again(
        self, weight: str, last: Decimal | None
    ) -> None:
        first = WeightForm(sent({"weight_kg": weight}), now=NOW, last_kg=last)
        assert not first.is_valid()
        assert "Save again" in str(first.non_field_errors())
        again = WeightForm(sent_again(first), now=NOW, last_kg=last)
        assert again.is_valid(), again.errors
        assert again.values() == {"weight_kg": Decimal(weight)}

    def test_having_confirmed_one_weight_confirms_no_other(self) -> None:
        first = WeightForm(sent({"weight_kg": "7.6"}), now=NOW)
        first.is_valid()
        data = sent_again(first)
        data["weight_kg"] = "7.7"
        assert not WeightForm(data, now=NOW).is_valid()

    def test_a_device_past_its_date_is_asked_about_and_still_recordable(self) -> None:
        values = {"number": "1", "first_nostril": "left", "lot": "L1", "expires_on": "2026-11-19"}
        made = {"now": NOW, "planned": THIS_MORNING}
        first = DeviceForm(sent(values), **made)
        assert not first.is_valid()
        assert "expired on 19 November 2026" in str(first.errors["why_anyway"])
        assert 'name="why_anyway"' in str(first["why_anyway"])
        assert not DeviceForm(sent(values), **made).is_valid()
        assert DeviceForm(sent(values | {"why_anyway": "seen too late"}), **made).is_valid()
        waited = sent(values | {"late_entered_at": NOW.isoformat()})
        assert DeviceForm(waited, **made).is_valid()

    def test_a_device_before_its_rest_is_over_or_unconfirmed_asks_for_the_reason(self) -> None:
        values = {"number": "2", "first_nostril": "left", "lot": "L1", "expires_on": "2026-12-19"}
        early = {"now": NOW, "planned": THIS_MORNING, "not_before": NOW + timedelta(minutes=2)}
        assert "lasts until 13:42" in str(DeviceForm(sent(values), **early).errors["why_anyway"])
        assert DeviceForm(sent(values | {"why_anyway": "timer misread"}), **early).is_valid()
        over = early | {"not_before": NOW}
        assert DeviceForm(sent(values), **over).is_valid()
        unconfirmed = over | {"unconfirmed": "Nobody has confirmed the dose yet."}
        assert "Nobody has confirmed" in str(DeviceForm(sent(values), **unconfirmed).errors["why_anyway"])

    @pytest.mark.parametrize(
        ("name", "typed", "sentence"),
        [
            ("dose_mg", "38,5", "with a point"),
            ("dose_mg", "500 mcg", "500 mcg is 0.5 mg"),
            ("mg_per_kg", "0.5.", "one point"),
            ("rate_ml_per_h", "114 mL", "something else"),
            ("volume_ml", "7.6e1", "Write a number"),
            ("dose_mg", "1e2", "Write a number"),
        ],
    )
    def test_no_number_of_an_order_is_guessed_at(self, name: str, typed: str, sentence: str) -> None:
        right = {
            "route": "intravenous", "mg_per_kg": "0.5", "dose_mg": "38", "minutes": "40",
            "concentration_mg_per_ml": "0.5", "volume_ml": "76", "rate_ml_per_h": "114 mL/h",
        }  # fmt: skip
        assert InfusionOrderForm(sent(right), now=NOW).is_valid()
        form = InfusionOrderForm(sent(right | {name: typed}), now=NOW)
        assert sentence in str(form.errors[name])

    def test_pounds_are_no_kilograms(self) -> None:
        form = WeightForm(sent({"weight_kg": "167 lb"}), now=NOW)
        assert "167 lb is 75.7 kg" in str(form.errors["weight_kg"])

    def test_more_than_was_ordered_is_asked_about_and_less_is_not(self) -> None:
        ordered = {"volume_given_ml": Decimal("76"), "rate_ml_per_h": Decimal("114")}
        made = {"now": NOW, "event": InfusionStep.ENDED, "ordered": ordered}
        first = InfusionForm(sent({"volume_given_ml": "760"}), **made)
        assert not first.is_valid()
        assert "760 mL; ordered are 76 mL" in str(first.non_field_errors())
        assert InfusionForm(sent_again(first), **made).is_valid()
        assert InfusionForm(sent({"volume_given_ml": "40"}), **made).is_valid()

    def test_items_left_out_are_named_once(self) -> None:
        answered = {f"item_{number}": "1" for number in range(1, 8)}
        first = QuestionnaireForm(sent({"mode": "asked", **answered}), now=NOW)
        assert not first.is_valid()
        assert "No answer to 8, 9" in str(first.non_field_errors())
        assert QuestionnaireForm(sent_again(first), now=NOW).is_valid()
