"""The person of a case: history, illnesses, medicines, tests and body, as suitability is judged on them."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from tests.protocol.cases._fields import CaseError, Fields, optional

from euthymia.evidence import RuleBook
from euthymia.protocol import (
    Answer,
    AntidepressantTrial,
    Condition,
    ConditionAnswer,
    Datum,
    Indication,
    Product,
    licensed_use,
    suitability,
)
from euthymia.protocol import facts as protocol

NURSE, LETTER, REGISTRATION = "the nurse", "the referral letter", "registration"


def suitability_facts(
    file: Fields, product: Product, indication: Indication, book: RuleBook, now: datetime
) -> protocol.SuitabilityFacts:
    """Everything suitability rests on."""
    person = file.table("person")
    born, since = person.day("born"), now
    sex = Datum(person.word("sex", protocol.Sex), since, REGISTRATION)
    person.text("name")
    person.flag("japanese_ancestry", None)
    person.end()
    answers, events = _history(file.table("history"), product, indication, book)
    weighed = optional(file, "body", _body)
    return protocol.SuitabilityFacts(
        eligibility=protocol.EligibilityFacts(
            product=product,
            birth_date=Datum(born, since, REGISTRATION),
            conditions=answers,
            trials=tuple(_trial(each) for each in file.tables("treatments")),
            indication=indication,
        ),
        sex=sex,
        events=events,
        medicines=optional(file, "medicines", _medicines),
        substances=optional(file, "substances", _substances) or (),
        liver=optional(file, "liver", _liver),
        pressures=weighed[2] if weighed else (),
        results=tuple(result for each in file.tables("results") for result in _results(each)),
        weight_kg=weighed[0] if weighed else None,
        height_cm=weighed[1] if weighed else None,
    )


def _history(
    asked: Fields, product: Product, indication: Indication, book: RuleBook
) -> tuple[tuple[ConditionAnswer, ...], tuple[protocol.DatedEvent, ...]]:
    """Every question the book asks: yes as the file says, not asked as it says, none known otherwise."""
    at, basis = asked.moment("at"), asked.text("basis")
    yes = asked.words("yes", Condition)
    open_ones = asked.words("not_asked", Condition, [])
    events = tuple(_event(each, at) for each in asked.tables("events"))
    asked.end()
    questions = suitability.conditions_to_ask(product, book, indication)
    questions += tuple(each for each in licensed_use.EVENTS if "CI-5" in book)
    if stray := [each for each in (*yes, *open_ones) if each not in questions]:
        raise CaseError(
            f"{asked.where}: {stray[0].name.lower()} is no question of this book before the first dose."
        )
    return tuple(
        ConditionAnswer(each, Answer.YES if each in yes else Answer.NONE_KNOWN, basis, at, NURSE)
        for each in dict.fromkeys(questions)
        if each not in open_ones
    ), events


def _event(event: Fields, at: datetime) -> protocol.DatedEvent:
    found = protocol.DatedEvent(
        event.word("condition", Condition), event.day("earliest"), event.day("latest"), at, NURSE
    )
    event.end()
    return found


def _trial(trial: Fields) -> AntidepressantTrial:
    amount = trial.number("dose_mg_per_day")
    at = trial.moment("at")
    found = AntidepressantTrial(
        drug=trial.text("drug"),
        antidepressant=trial.flag("antidepressant", True),
        oral=trial.flag("oral", True),
        dose=f"{amount} mg a day",
        dose_adequate=trial.flag("dose_adequate", None),
        weeks=trial.number("weeks"),
        adherent=trial.flag("taken_as_prescribed", True),
        outcome=trial.word("outcome", protocol.TrialOutcome),
        current_episode=trial.flag("present_episode", True),
        at=at,
        origin=trial.text("origin", LETTER),
        improvement_percent=trial.number("improvement_percent"),
        dose_amount=amount,
        dose_unit="mg/d",
    )
    trial.end()
    return found


def _medicines(listed: Fields) -> Datum[tuple[protocol.Medicine, ...]]:
    at = listed.moment("at")
    taken = tuple(_medicine(each, at) for each in listed.tables("taken"))
    return Datum(taken, at, NURSE)


def _medicine(medicine: Fields, at: datetime) -> protocol.Medicine:
    classes = medicine.words("classes", protocol.InteractionClass)
    lorazepam = medicine.number("lorazepam_mg_per_day") if "lorazepam_mg_per_day" in medicine else None
    found = protocol.Medicine(
        name=medicine.text("name"),
        classes=frozenset(classes),
        dose=medicine.text("dose"),
        at=at,
        origin=NURSE,
        lorazepam_mg_per_day=lorazepam,
        stopped_on=medicine.day("stopped_on", None),
    )
    medicine.end()
    return found


def _substances(asked: Fields) -> tuple[protocol.SubstanceUse, ...]:
    """Every substance was asked about; those not named in ``times_past_year`` were not misused."""
    at = asked.moment("at")
    times = asked.table("times_past_year") if "times_past_year" in asked else Fields("", {}, asked.zone)
    used = {name: times.count(name) for name in times.names()}
    if unknown := sorted(set(used) - {each.name.lower() for each in protocol.Substance}):
        raise CaseError(f"{asked.where}: {unknown[0]} is no substance that is asked about.")
    return tuple(
        protocol.SubstanceUse(each, used.get(each.name.lower(), 0), None, at, NURSE)
        for each in protocol.Substance
    )


def _liver(judged: Fields) -> Datum[protocol.LiverImpairment]:
    return judged.datum(lambda: judged.word("judged", protocol.LiverImpairment), "Dr Reader")


def _body(measured: Fields) -> tuple[Datum[Decimal], Datum[Decimal], tuple[Datum[protocol.Pressure], ...]]:
    """Weight, height and the pressures at rest, all taken at one time."""
    at = measured.moment("at")
    pressures = tuple(
        Datum(pressure(each, measured.where), at, NURSE) for each in measured.texts("pressures", [])
    )
    weight = Datum(measured.number("weight_kg"), at, NURSE)
    return weight, Datum(measured.number("height_cm"), at, NURSE), pressures


def pressure(text: str, where: str) -> protocol.Pressure:
    """A pressure written as 124/78."""
    systolic, _, diastolic = text.partition("/")
    if not (systolic.isdigit() and diastolic.isdigit()):
        raise CaseError(f"{where}: {text!r} is no blood pressure; write it as 124/78.")
    return protocol.Pressure(int(systolic), int(diastolic))


def _results(result: Fields) -> tuple[protocol.ExaminationResult, ...]:
    """One line of the file may hold several examinations of one day."""
    on, said = result.day("done_on"), result.text("result")
    abnormal = result.flag("abnormal") if "abnormal" in result else None
    examinations = result.words("of", protocol.Examination)
    at = result.moment("at")
    result.end()
    return tuple(protocol.ExaminationResult(each, on, said, abnormal, at, NURSE) for each in examinations)
