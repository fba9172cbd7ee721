"""The gallery: every component with made-up values, in the demo and in tests. It reads no row."""

from __future__ import annotations

import math
import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from euthymia.clinic.access.pages import public
from euthymia.clinic.looks import figures, lanes, widgets
from euthymia.evidence import Known
from euthymia.protocol import Effect, Finding, Input, Outcome, Override

_NOON = datetime(2026, 3, 12, 14, 5, tzinfo=UTC)
_ICONS = Path(__file__).parent / "static" / "euthymia" / "icons.svg"


@public
def gallery(request: HttpRequest) -> HttpResponse:
    """Show every component; the sample form can be sent and is kept nowhere. Not served in a real clinic."""
    if settings.MODE == "serve":
        raise Http404
    sent = SampleForm(request.POST or None, prefix="plain")
    if sent.is_valid():
        messages.success(request, "The sample was accepted and thrown away.")
        return HttpResponse(status=303, headers={"Location": request.path})
    refused = SampleForm({"wrong-systolic": "1200", "wrong-note": "Typed text stays."}, prefix="wrong")
    return render(
        request,
        "gallery/gallery.html",
        {
            **_patient(),
            **_clinical(),
            "form": sent,
            "refused": refused,
            "override": OverrideForm(prefix="override"),
            "icons": re.findall(r'symbol id="([a-z]+)"', _ICONS.read_text()),
            "trajectory": _trajectory(),
            "expected": _expected(),
            "noon": _NOON,
            "statuses": ("upcoming", "due", "overdue", "done", "waived"),
            "knowns": [known.value for known in Known],
            "nav": _nav(),
        },
        status=422 if sent.is_bound else 200,
    )


class SampleForm(forms.Form):
    """One field of each kind."""

    systolic = forms.IntegerField(
        label="Systolic pressure",
        widget=widgets.Measure(unit="mmHg"),
        max_value=300,
        error_messages={"max_value": "Nobody has a pressure of %(show_value)s. Check the reading."},
    )
    oxygen = forms.IntegerField(label="Oxygen saturation", widget=widgets.Measure(unit="%"), required=False)
    weight = forms.DecimalField(label="Weight", widget=widgets.Measure(unit="kg", decimals=1))
    measured = forms.TimeField(label="Measured at", widget=widgets.Time(), help_text="On the clinic's clock.")
    aneurysm = forms.ChoiceField(
        label="Aneurysmal vascular disease",
        widget=widgets.Segmented(),
        choices=[("yes", "Yes"), ("none known", "None known"), ("not asked", "Not asked")],
        help_text="Thoracic and abdominal aorta, brain and limb arteries.",
    )
    risk = forms.ChoiceField(
        label="Suicide risk, as you judge it",
        widget=widgets.Choices(),
        choices=[("low", "Low: usual follow-up"), ("high", "High: not left alone, prescriber called now")],
    )
    symptoms = forms.MultipleChoiceField(
        label="Symptoms",
        widget=widgets.ManyChoices(),
        choices=[("nausea", "Nausea"), ("dizziness", "Dizziness"), ("headache", "Headache")],
        required=False,
    )
    route = forms.ChoiceField(label="Route", choices=[("nasal", "Nasal"), ("iv", "Into a vein")])
    note = forms.CharField(label="What was seen", widget=forms.Textarea, required=False)
    instructed = forms.BooleanField(label="The patient has the written instructions")


class OverrideForm(forms.Form):
    """The reason for passing a gate."""

    reason = forms.CharField(label="Reason", widget=forms.Textarea)


def _nav() -> list[dict[str, Any]]:
    labels = [
        ("Board", "board", 0),
        ("Patients", "patients", 0),
        ("Tasks", "tasks", 4),
        ("Calendar", "calendar", 0),
    ]
    return [
        {"label": label, "icon": icon, "count": count, "url": "#main", "current": label == "Board"}
        for label, icon, count in labels
    ]


def _patient() -> dict[str, Any]:
    return {
        "patient": {
            "name": "Maren Achterberg",
            "preferred_name": "Ren",
            "pronouns": "they/them",
            "born": date(1984, 7, 2),
            "age": 41,
            "mrn": "EU-00417",
            "alerts": ["Penicillin: anaphylaxis", "Falls risk"],
        },
        "crumbs": [("Patients", "#main"), ("Maren Achterberg", "#main"), ("Visit of 12 March", None)],
    }


def _finding(rule: str, outcome: Outcome, sentence: str, **more: Any) -> Finding:
    return Finding(
        rule=rule,
        outcome=outcome,
        effect=Effect.GATE,
        override=more.get("override", Override.PRESCRIBER),
        sentence=sentence,
        requirement="Blood pressure is measured about 40 minutes after the last device.",
        inputs=(
            Input("Last device", "13:20", "text", _NOON - timedelta(minutes=45), "recorded by nurse K. Ode"),
            Input(
                "Pressure at 40 minutes",
                more.get("value", ""),
                "mmHg",
                more.get("at"),
                more.get("origin", ""),
            ),
        ),
        source=more.get("source", "euthymia"),
        known=more.get("known", Known.SECONDARY),
        label_version="sample",
        verified_by=more.get("verified_by"),
    )


def _clinical() -> dict[str, Any]:
    done = _finding(
        "MON-3",
        Outcome.SATISFIED,
        "The pressure 40 minutes after the last device was 128/79 mmHg.",
        value="128/79",
        at=_NOON - timedelta(minutes=4),
        origin="measured by nurse K. Ode",
        known=Known.READ,
        verified_by="Dr A. Varga, 3 March 2026",
    )
    broken = _finding(
        "PRE-4",
        Outcome.VIOLATED,
        "The patient ate 70 minutes ago; two hours are asked.",
        value="70",
        known=Known.OURS,
    )
    missing = _finding(
        "SUI-10", Outcome.UNKNOWN, "Nobody has judged the suicide risk after the dose.", known=Known.RECALLED
    )
    return {
        "findings": [done, broken, missing],
        "needed": [broken, missing],
        "due": _due(),
        "steps": [
            {"label": "Check-in", "state": "done", "url": "#main"},
            {"label": "Order", "state": "done", "url": "#main"},
            {"label": "Dose", "state": "done", "url": "#main"},
            {"label": "Monitor", "state": "current", "url": "#main"},
            {"label": "Discharge", "state": "upcoming"},
            {"label": "Close", "state": "upcoming"},
        ],
        "readings": [
            {
                "name": "Blood pressure",
                "value": "152/94",
                "unit": "mmHg",
                "at": _NOON,
                "kind": "warn",
                "note": "above 140/90",
            },
            {"name": "Heart rate", "value": "78", "unit": "/min", "at": _NOON},
            {"name": "Oxygen", "value": "97", "unit": "%", "at": _NOON},
            {"name": "Sedation", "value": "5", "unit": "of 5", "at": _NOON, "note": "awake"},
        ],
        "entries": [
            {
                "at": _NOON - timedelta(minutes=55),
                "title": "Device 1, right nostril, 28 mg",
                "by": "K. Ode",
                "kind": "key",
            },
            {
                "at": _NOON - timedelta(minutes=50),
                "title": "Device 2, left nostril, 28 mg",
                "by": "K. Ode",
                "kind": "key",
            },
            {
                "at": _NOON - timedelta(minutes=31),
                "title": "Nausea",
                "note": "Mild, passed by itself",
                "by": "K. Ode",
                "kind": "warn",
            },
            {"at": _NOON - timedelta(minutes=4), "title": "Pressure 152/94 mmHg", "by": "K. Ode"},
        ],
        "facts": [
            ("Diagnosis", "Major depressive disorder, recurrent"),
            ("Failed trials in this episode", "3", "two are asked"),
            ("Escort", "Jo Achterberg", "arrives 15:30"),
            ("Last weight", ""),
        ],
    }


def _due() -> list[dict[str, Any]]:
    rows = [
        ("Pressure, heart rate, oxygen", -45, "done", "before the dose"),
        ("Sedation and dissociation", -20, "waived", "20 min after the first device"),
        ("Pressure at 40 minutes", -12, "overdue", "40 min after the last device"),
        ("Sedation and dissociation", 0, "due", "60 min after the first device"),
        ("Pressure before leaving", 65, "upcoming", "120 min after the last device"),
    ]
    return [
        {
            "title": title,
            "due_at": _NOON + timedelta(minutes=at),
            "status": status,
            "clock": clock,
            "url": "" if status in ("done", "waived") else "#main",
        }
        for title, at, status, clock in rows
    ]


def _trajectory() -> figures.Figure:
    start = _NOON - timedelta(days=70)
    totals = [(0, 21), (7, 19), (14, 16), (21, 13), (28, 11), (42, 8), (56, 6), (70, 4)]
    doses = [0, 3, 7, 10, 14, 17, 21, 24, 28, 35, 42, 56]
    return figures.trajectory(
        title="PHQ-9 over the course",
        instrument="PHQ-9",
        recall_days=14,
        highest=27,
        scores=tuple(figures.Score(start + timedelta(days=day), total) for day, total in totals),
        doses=tuple(figures.Dose(start + timedelta(days=day, hours=2), "56 mg") for day in doses),
        levels=(figures.Level(10.5, "sample level"), figures.Level(4.5, "sample level, lower")),
        notes=("Made-up values.",),
    )


def _expected() -> figures.Figure:
    first = _NOON - timedelta(minutes=55)

    def at(minute: int) -> datetime:
        return first + timedelta(minutes=minute)

    hump = [
        (at(minute), 110 * (math.exp(-minute / 90) - math.exp(-minute / 6))) for minute in range(0, 251, 5)
    ]
    return lanes.expected_and_measured(
        lanes.Scene(
            t0=first,
            ends=at(250),
            predictions=(
                lanes.Prediction(
                    title="Sample substance predicted in no plasma, ng/mL",
                    points=tuple(hump),
                    low=tuple(0.7 * value for _, value in hump),
                    high=tuple(1.4 * value for _, value in hump),
                ),
            ),
            measured=(
                lanes.Measured(
                    "Pressure, mmHg",
                    tuple((at(minute), 124 + minute // 3, 78 + minute // 6) for minute in (-8, 17, 41)),
                    (
                        lanes.Window("highest", at(30), at(50), is_highest=True),
                        lanes.Window("settles", at(90), at(240), is_highest=False),
                    ),
                ),
                lanes.Measured(
                    "Dissociation",
                    tuple((at(minute), level, level) for minute, level in ((17, 1), (41, 2))),
                    (),
                    levels=True,
                ),
            ),
            given=(lanes.Given(first, "28 mg"), lanes.Given(at(5), "28 mg")),
            now=_NOON,
            notes=("Made-up values.",),
        )
    )
