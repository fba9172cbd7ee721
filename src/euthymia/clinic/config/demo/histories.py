"""What a synthetic patient was treated with before: on a line of time, with additions, psychotherapy and gaps."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from euthymia.clinic.people.actions import Trial
from euthymia.evidence import Table, find_treatment, read_sourced

_SOURCES = (("letter", "Referral letter"), ("pharmacy", "Dispensing record"), ("patient", "The patient"))


@dataclass
class History:
    """The treatments of one patient, oldest first. An addition belongs to the last of ``failed``."""

    failed: list[Trial] = field(default_factory=list)
    added: list[Trial] = field(default_factory=list)
    beside: list[Trial] = field(default_factory=list)


def history(rng: Random, before: date, *, undertreated: bool, unproven: bool) -> History:
    """Draw the treatments that ended before ``before``.

    ``undertreated``: none lasted long enough. ``unproven``: of the last one neither dose nor length is known,
    so that resistance is not shown yet.
    """
    table = read_sourced("demo/synthetic.toml")
    shares = table.table("history")
    count = 3 if rng.random() < _share(shares, "three_share") else 2
    drugs = rng.sample(table.tables("antidepressant"), count)
    weeks = Decimal(str(shares.number("too_short").value)) if undertreated else None
    drawn: list[Trial] = []
    until = before - timedelta(days=rng.randrange(10, 60))
    for drug in drugs:
        trial, began = _failed(rng, drug, shares, until, weeks)
        drawn.append(trial)
        until = began - timedelta(days=rng.randrange(7, 40))
    drawn.reverse()
    if unproven:
        drawn[-1] = _vague(drawn[-1])
    found = History(failed=drawn)
    if rng.random() < _share(shares, "added_share"):
        found.added.append(_beside(rng.choice(table.tables("addition")), drawn[-1]))
    if rng.random() < _share(shares, "therapy_share"):
        found.beside.append(_beside(rng.choice(table.tables("therapy")), drawn[0]))
    return found


def _failed(
    rng: Random, drug: Table, shares: Table, until: date, weeks: Decimal | None
) -> tuple[Trial, date]:
    low, high = shares.number("improvement_lowest").value, shares.number("improvement_highest").value
    held = weeks or Decimal(str(drug.number("weeks").value))
    began = until - timedelta(weeks=float(held), days=rng.randrange(0, 1 if weeks else 30))
    kind, origin = rng.choice(_SOURCES)
    trial = Trial(
        drug=_name(rng, drug.word("drug")),
        drug_class=drug.word("family"),
        oral=True,
        dose_mg=None,
        dose_amount=Decimal(str(drug.number("dose").value)),
        dose_unit="mg/d",
        dose_adequate=None,
        weeks=held,
        started=_as_known(rng, began),
        stopped=_as_known(rng, until),
        adherence="yes",
        result="inadequate response",
        improvement_percent=Decimal(round(rng.uniform(low, high))),
        current_episode=True,
        reason_stopped="Did not help enough",
        origin=origin,
        origin_kind=kind,
    )
    return trial, began


def _vague(trial: Trial) -> Trial:
    """A trial of which a patient remembers the name and the year."""
    return replace(
        trial,
        dose_amount=None,
        dose_unit="",
        weeks=None,
        started=trial.started[:4],
        stopped=trial.stopped[:4],
        improvement_percent=None,
        origin="The patient remembers no more",
        origin_kind="patient",
    )


def _beside(what: Table, base: Trial) -> Trial:
    """What was given in the months of ``base``: added to it, or psychotherapy and stimulation beside it."""
    has_dose = "dose" in what
    dose = what.number("dose") if has_dose else None
    return replace(
        base,
        drug=what.word("drug"),
        drug_class=what.word("family"),
        dose_amount=Decimal(str(dose.value)) if dose else None,
        dose_unit=dose.unit if dose else "",
        weeks=None,
        sessions=None if has_dose else int(what.number("sessions").value),
        placement=what.word("placement", ""),
        oral=None,
        improvement_percent=None,
        reason_stopped="Course ended" if not has_dose else "Did not help enough",
    )


def _name(rng: Random, drug: str) -> str:
    """The generic name, or one it is sold under, as letters have it."""
    entry = find_treatment(drug)
    return rng.choice((drug, entry.sold_as[0])) if entry and entry.sold_as else drug


def _as_known(rng: Random, day: date) -> str:
    return day.isoformat() if rng.random() < 0.5 else f"{day:%Y-%m}"


def _share(shares: Table, name: str) -> float:
    return shares.number(name).value / 100
