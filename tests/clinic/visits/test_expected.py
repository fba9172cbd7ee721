"""Expected beside measured: each labelled with model and source, and absent without harm where there is no model."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from euthymia.clinic.forecasts.queries import Answer, Forecast, State
from euthymia.clinic.visits.queries import ObservedCourse
from euthymia.clinic.visits.views import _panels
from euthymia.protocol import Product
from euthymia.protocol.expected import windows

T0 = datetime(2026, 11, 20, 15, tzinfo=UTC)
NOW = T0 + timedelta(minutes=70)
HOURS = [0.0, 0.5, 1.0, 2.0, 4.0]


def at(minutes: float) -> datetime:
    return T0 + timedelta(minutes=minutes)


COURSE = ObservedCourse(
    product=Product.ESKETAMINE_NASAL,
    t0=T0,
    pressures=((at(-10), 124, 78), (at(44), 151, 92)),
    dissociations=((at(44), 2),),
    given=((T0, "device 1"), (at(5), "device 2")),
    windows=windows(Product.ESKETAMINE_NASAL, T0, at(5)),
)


def forecast(state: State = State.OK, band: Any = "drawn", sentence: str = "") -> Forecast:
    low, high = {"esketamine": [0.0, 30.0, 25.0, 15.0, 8.0]}, {"esketamine": [0.0, 90.0, 70.0, 45.0, 25.0]}
    drawn = {
        "people": 100, "seed": 1, "low_percent": 5, "high_percent": 95, "low": low, "high": high,
        "assumptions": ["taken from elsewhere"],
    }  # fmt: skip
    typical = {
        "key": "esketamine",
        "name": "esketamine",
        "concentrations_ng_per_ml": [0.0, 55.0, 44.0, 28.0, 14.0],
    }
    result = {
        "times_h": HOURS, "analytes": [typical], "sampling_site": "venous", "title": "A model of a nasal spray",
        "source": "Somebody 2021", "population": "820 people", "warnings": ["extrapolated"],
        **({"band": drawn if band == "drawn" else band} if band else {}),
    }  # fmt: skip
    answer = Answer(
        uuid4(), {"t0": T0.isoformat()}, result, "", "perez-ruixo-2021", "1", "a" * 64, 1, T0, at(1), 900
    )
    return Forecast("concentration perez-ruixo-2021", state, T0, sentence, answer)


def drawn(*forecasts: Forecast, course: ObservedCourse = COURSE) -> _panels.ExpectedPanel:
    found = _panels.expected(course, forecasts, NOW, over=False)
    assert found is not None
    return found


def test_prediction_band_windows_and_readings_share_one_axis_and_one_table() -> None:
    figure = drawn(forecast()).figure
    assert figure.columns[2:5] == (
        "Esketamine predicted in venous plasma, ng/mL",
        "Pressure, mmHg",
        "Dissociation",
    )
    row = next(each for each in figure.rows if each[1] == "44")
    assert row[2] == "55 (30 to 90)"
    assert row[3:5] == ("151/92", "moderate")
    assert row[6] == "pressure highest; dissociation highest"
    assert [each[5] for each in figure.rows if each[5]] == ["device 1", "device 2"]
    assert "highest 55 at" in figure.description
    assert "<polygon" in figure.wide_svg
    assert "now" in figure.narrow_svg


def test_each_curve_and_window_names_its_model_and_source() -> None:
    panel = drawn(forecast())
    (model,) = panel.models
    assert (model.model, model.title, model.source) == (
        "perez-ruixo-2021",
        "A model of a nasal spray",
        "Somebody 2021",
    )
    assert "100 virtual people with this patient's age, weight and ancestry (seed 1)" in model.band
    assert model.warnings == ("extrapolated", "taken from elsewhere")
    assert len(panel.windows) == 4
    assert all("our choice" in told or "from an account of it" in told for told in panel.windows)


@pytest.mark.parametrize(
    ("forecasts", "lanes"),
    [
        ((), 0),
        ((replace(forecast(State.PENDING), answer=None),), 0),
        ((replace(forecast(State.FAILED, sentence="The model needs the age."), answer=None),), 0),
        ((forecast(State.PENDING),), 1),
        ((forecast(band=None),), 1),
        ((forecast(band={"none": "It does not say how people differ."}),), 1),
    ],
)
def test_without_a_model_or_its_band_the_rest_stands(forecasts: tuple[Forecast, ...], lanes: int) -> None:
    panel = drawn(*forecasts)
    assert len(panel.figure.columns) == 6 + lanes
    row = next(each for each in panel.figure.rows if each[1] == "44")
    assert "151/92" in row
    assert "moderate" in row


def test_what_is_awaited_failed_or_superseded_says_so() -> None:
    pending = drawn(replace(forecast(State.PENDING), answer=None))
    assert (pending.pending, pending.models[0].model) == (True, "perez-ruixo-2021")
    assert drawn(forecast(State.PENDING)).models[0].superseded
    failed = drawn(replace(forecast(State.FAILED, sentence="The model needs the age."), answer=None))
    assert (failed.pending, failed.models[0].sentence) == (False, "The model needs the age.")


def test_before_a_dose_and_without_windows_there_is_no_harm() -> None:
    assert _panels.expected(None, (), NOW, over=False) is None
    bare = replace(COURSE, windows=(), pressures=(), dissociations=())
    assert drawn(course=bare).windows == ()
