"""The downtime pack: what a clinic works from while this system is down, one sheet for each patient booked.

Everything a person fills in is blank. What is printed was true when the pack was made, and each sheet says so: an
earlier weight stands with its day, and no value of an earlier visit stands where one of today belongs.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from django.utils import timezone

from euthymia.clinic.access.viewer import Viewer
from euthymia.clinic.courses.queries import PlanView
from euthymia.clinic.people import queries as people
from euthymia.clinic.people.queries import Identity
from euthymia.clinic.safety import queries as safety
from euthymia.clinic.safety import triage
from euthymia.clinic.visits import queries as visits
from euthymia.clinic.visits.queries import BookedSheet, DaySheets
from euthymia.evidence import crisis_line, emergency_number, pack_ages_after
from euthymia.protocol import Product

Content = dict[str, Any]
Rows = list[dict[str, str]]

_LETTER_PAPER = {"US", "CA"}
_HELP = ("People I can ask for help", "Professionals and services I can call")
_NOT_ON_RECORD = "not on record: ask"


def compose(viewer: Viewer, on: date | None, now: datetime) -> Content:
    """Every word of the pack of a day, today's without one, as it would be printed now."""
    day = visits.sheets(viewer, on, now)
    made = timezone.localtime(now)
    ages = made + pack_ages_after()
    return {
        "title": f"Downtime pack, {_day(day.on)}",
        "clinic": day.clinic,
        "paper": "us-letter" if day.jurisdiction in _LETTER_PAPER else "a4",
        "on": day.on.isoformat(),
        "on_words": f"{day.on:%A} {_day(day.on)}",
        "made": f"{made:%H:%M} on {_day(made)}",
        "made_by": viewer.name,
        "ages": f"{ages:%H:%M} on {_day(ages)}",
        "rules": day.rules_version,
        "numbers": _numbers(day),
        "sheets": [_sheet(viewer, each, now) for each in day.sheets],
    }


def _numbers(day: DaySheets) -> Rows:
    """Whom to call, each with how the number is known; the house writes its own beside them by hand."""
    found: Rows = []
    if danger := emergency_number(day.jurisdiction):
        found.append(_row("Life in danger", f"{danger.value} (known: {danger.known.value})"))
    if line := crisis_line(day.jurisdiction):
        found.append(_row("Thoughts of suicide", f"{line.value} (known: {line.known.value})"))
    if day.contact:
        found.append(_row("At any hour, as patients are told", day.contact))
    found += [_row(label, "") for label in ("Prescriber on duty", "Emergency team of the house", "Pharmacy")]
    return found


def _sheet(viewer: Viewer, sheet: BookedSheet, now: datetime) -> Content:
    begun = f"{sheet.scheduled_at:%H:%M} to {sheet.planned_end_at:%H:%M}"
    content: Content = {
        "visit": str(sheet.visit_id),
        "patient": str(sheet.patient_id),
        "name": sheet.name,
        "mrn": sheet.mrn,
        "chair": sheet.chair,
        "time": begun,
        "locked": sheet.locked,
        "product": sheet.product_words,
    }
    if sheet.locked:
        return content
    who = people.identity(viewer, sheet.patient_id, now)
    return content | {
        "is_nasal": sheet.product is Product.ESKETAMINE_NASAL,
        "identity": _identity(viewer, who),
        "plan": _plan(viewer, sheet),
        "safety": _safety(viewer, sheet, now),
        "contacts": _contacts(who, sheet.plan),
        "doses": [asdict(each) for each in sheet.doses],
        "stops": [asdict(each) for each in sheet.stops],
        "leaving": [asdict(each) for each in sheet.leaving],
        "other_routes": sheet.other_routes,
        "agreement": sheet.agreement,
        "times": [asdict(each) | {"offset": f"+{each.minutes} min"} for each in sheet.times],
    }


def _identity(viewer: Viewer, who: Identity) -> Rows:
    known = people.clinical(viewer, who.id)
    called = f" (called {who.preferred_name})" if who.preferred_name else ""
    return [
        _row("Name", f"{who.name}{called}"),
        _row("Born", f"{_day(who.born)} ({who.age} years)"),
        _row("Record number", who.mrn),
        _row("Allergies", known.allergies or "NOT ASKED: ask before anything is given"),
    ]


def _plan(viewer: Viewer, sheet: BookedSheet) -> Rows:
    plan = sheet.plan
    number = f", session {sheet.planned_number} of the plan" if sheet.planned_number else ""
    rows = [_row("Treatment", f"{sheet.product_words}{number}")]
    if plan is None:
        rows.append(_row("Plan", "no plan is signed: no dose without the prescriber"))
    else:
        basis = f"plan {plan.number}, signed by {plan.signer}, {_day(plan.signed_at)}"
        rows.append(
            _row("First dose of the plan", f"{plan.dose} ({basis}). Later doses are ordered each time.")
        )
    if sheet.product is Product.KETAMINE_IV:
        weighed = people.latest_weight(viewer, sheet.patient_id)
        earlier = (
            f"before: {weighed.weight_kg.normalize():f} kg on {_day(weighed.measured_at)}"
            if weighed
            else "never weighed here"
        )
        rows.append(_row("Weight", f"weigh today; {earlier}, not for today's dose"))
    return rows


def _safety(viewer: Viewer, sheet: BookedSheet, now: datetime) -> Rows:
    risk = safety.latest_risk(viewer, sheet.patient_id)
    level = (
        f"{risk.level.value}, judged {_day(risk.assessed_at)} by {risk.recorded_by}; judge it anew today"
        if risk
        else "never judged here; judge it today"
    )
    rows = [_row("Suicide risk, last judged", level)]
    today = timezone.localtime(now).date()
    plans = triage.plans(viewer, sheet.patient_id, today)
    if not plans:
        return [*rows, _row("Safety plan", "there is none")]
    parts = dict(plans[0].parts)
    rows += [_row(heading, parts[heading]) for heading in _HELP if parts.get(heading)]
    written = f"written {_day(plans[0].written_at)}"
    late = "; its review is overdue" if plans[0].review_is_past else ""
    return [*rows, _row("Safety plan", f"{written}, kept {plans[0].kept_where}{late}")]


def _contacts(who: Identity, plan: PlanView | None) -> Rows:
    near = ", ".join(
        filter(
            None, (who.emergency_contact_name, who.emergency_contact_relation, who.emergency_contact_phone)
        )
    )
    escort = ", ".join(filter(None, (plan.escort_name, plan.escort_phone))) if plan else ""
    return [
        _row("Telephone", who.phone or _NOT_ON_RECORD),
        _row("In an emergency call", near or _NOT_ON_RECORD),
        _row("Escort as planned", f"{escort}; ask who comes today" if escort else "ask who comes today"),
    ]


def _row(label: str, value: str) -> dict[str, str]:
    return {"label": label, "value": value}


def _day(moment: date | datetime) -> str:
    day = timezone.localtime(moment) if isinstance(moment, datetime) else moment
    return f"{day.day} {day:%B %Y}"
