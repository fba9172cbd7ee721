"""A patient for whom every rule is satisfied, and small ways to change one thing about them."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from euthymia.evidence import Jurisdiction, rules
from euthymia.protocol import (
    AdministrationFacts,
    Answer,
    AntidepressantTrial,
    Condition,
    ConditionAnswer,
    ConsentFacts,
    ConsentSignature,
    Datum,
    DeviceUse,
    DischargeFacts,
    Dissociation,
    EligibilityFacts,
    Escort,
    InfusionDose,
    Observation,
    ObservationFacts,
    PlanFacts,
    Pressure,
    Product,
    ReadinessFacts,
    RiskAssessment,
    RiskLevel,
    SafetyProgrammeFacts,
    SuicideRiskFacts,
    TrialOutcome,
)

BOOKS = {jurisdiction: rules(jurisdiction) for jurisdiction in Jurisdiction}
BOOK = BOOKS[Jurisdiction.US]
ZONE = ZoneInfo("America/New_York")
NOW = datetime(2026, 3, 3, 10, 0, tzinfo=ZONE)
NASAL, IV = Product.ESKETAMINE_NASAL, Product.KETAMINE_IV
T0 = NOW - timedelta(hours=3)
LAST_DOSE = T0 + timedelta(minutes=5)
NURSE = "nurse K. Ode"


def ago(**span):
    """Return the time this long before NOW."""
    return NOW - timedelta(**span)


def datum(value, at=NOW, origin=NURSE):
    """Return a fact that is known."""
    return Datum(value, at, origin)


def pressure(systolic, diastolic, at=NOW):
    """Return a blood pressure."""
    return datum(Pressure(systolic, diastolic), at)


def no(condition, basis="asked", at=NOW):
    """Return an answer none known."""
    return ConditionAnswer(condition, Answer.NONE_KNOWN, basis, at, NURSE)


def yes(condition, basis="asked", at=NOW):
    """Return an answer yes."""
    return ConditionAnswer(condition, Answer.YES, basis, at, NURSE)


def not_asked(condition):
    """Return an answer that was never given."""
    return ConditionAnswer(condition, Answer.NOT_ASKED, "", None, "")


def answers(*changed):
    """Return an answer about every condition, all of them good, but for ``changed``."""
    good = {condition: no(condition) for condition in Condition}
    good[Condition.MAJOR_DEPRESSION] = yes(Condition.MAJOR_DEPRESSION)
    return tuple({**good, **{answer.condition: answer for answer in changed}}.values())


TRIAL = AntidepressantTrial(
    drug="sertraline",
    antidepressant=True,
    oral=True,
    dose="150 mg",
    dose_adequate=True,
    weeks=Decimal(8),
    adherent=True,
    outcome=TrialOutcome.INADEQUATE,
    current_episode=True,
    at=ago(days=90),
    origin="referral letter",
)
SECOND_TRIAL = replace(TRIAL, drug="venlafaxine", dose="225 mg")


def candidate(product=NASAL, **changes):
    """Return somebody suitable."""
    good = EligibilityFacts(product, datum(date(1980, 5, 1)), answers(), (TRIAL, SECOND_TRIAL))
    return replace(good, **changes)


def consented(product=NASAL, **changes):
    """Return a consent that stands."""
    signed = datum(ConsentSignature(product, "1", True), ago(days=7))
    return replace(ConsentFacts(product, "1", signed), **changes)


def at_risk(level=RiskLevel.LOW, **changes):
    """Return a risk that was judged today."""
    good = SuicideRiskFacts(datum(0), None, datum(RiskAssessment(level, "interview and PHQ-9")))
    return replace(good, **changes)


def arrived(product=NASAL, **changes):
    """Return a check-in that is complete."""
    good = ReadinessFacts(
        product=product,
        pressures=(pressure(124, 78, ago(minutes=10)),),
        conditions=answers(),
        last_food=datum(ago(hours=3)),
        last_liquid=datum(ago(hours=1)),
        escort=datum(Escort("Ana Ruiz", "555 0100", NOW + timedelta(hours=3))),
        programme=SafetyProgrammeFacts(datum(True), datum(True), datum(True), datum(True)),
        instructions_signed=datum("1", ago(minutes=5)),
        risk=at_risk(),
        nasal_product=datum(None, ago(minutes=15)),
        birth_date=datum(date(1980, 5, 1)),
    )
    return replace(good, **changes)


def nasal_plan(**changes):
    """Return a first session of 56 mg."""
    good = PlanFacts(NASAL, 1, NOW.date(), Decimal(56), 2, birth_date=datum(date(1980, 5, 1)))
    return replace(good, **changes)


def later_plan(number, *days_before, **changes):
    """Return a later nasal session, with the days since each earlier one."""
    earlier = tuple(NOW.date() - timedelta(days=days) for days in days_before)
    return nasal_plan(session_number=number, earlier_sessions=earlier, **changes)


def infusion(mg_per_kg="0.5", weight="70", minutes="40", weighed=NOW, **pump):
    """Return an intravenous dose."""
    return InfusionDose(Decimal(mg_per_kg), datum(Decimal(weight), weighed), Decimal(minutes), **pump)


def iv_plan(mg_per_kg="0.5", dose="35", **changes):
    """Return a first infusion of 0.5 mg/kg in somebody of 70 kg."""
    good = PlanFacts(IV, 1, NOW.date(), Decimal(dose), infusion=infusion(mg_per_kg))
    return replace(good, **changes)


def devices(*minutes):
    """Return devices given at these minutes after T0."""
    return tuple(
        DeviceUse(number, T0 + timedelta(minutes=minute), NURSE) for number, minute in enumerate(minutes, 1)
    )


def sprayed(*minutes, **changes):
    """Return an administration of 56 mg by devices at these minutes."""
    good = AdministrationFacts(NASAL, Decimal(56), devices(*minutes), finished=True)
    return replace(good, **changes)


def reading(minutes_after_last, **changes):
    """Return a full set of good readings this long after the last dose."""
    good = Observation(
        measured_at=LAST_DOSE + timedelta(minutes=minutes_after_last),
        origin=NURSE,
        pressure=Pressure(126, 80),
        heart_rate_per_min=72,
        respiratory_rate_per_min=14,
        spo2_percent=98,
        sedation=5,
        dissociation=Dissociation.NONE,
        symptoms=frozenset(),
    )
    return replace(good, **changes)


def watched(*observations, product=NASAL, baseline=None, last_dose_at=LAST_DOSE):
    """Return readings after a dose, with a pressure of 124/78 before it."""
    return ObservationFacts(product, baseline or pressure(124, 78, T0), observations, last_dose_at)


def leaving(product=NASAL, **changes):
    """Return somebody who may go home at NOW, 2 h 55 min after the last dose."""
    good = DischargeFacts(
        product=product,
        t0=T0,
        last_dose_at=LAST_DOSE,
        baseline=pressure(124, 78, T0),
        baseline_spo2_percent=datum(98, T0),
        observations=(reading(40), reading(165)),
        stable=datum(True, ago(minutes=5)),
        rescreen=datum(RiskAssessment(RiskLevel.LOW, "interview"), ago(minutes=8)),
        escort_present=datum(True, ago(minutes=2)),
        instructions_signed=datum("1", T0 - timedelta(minutes=20)),
    )
    return replace(good, **changes)
