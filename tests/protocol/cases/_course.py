"""What is agreed and planned in a case: programme, misuse, risk, consent, dose, days, booked time, missed sessions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from tests.protocol.cases._fields import Fields, optional

from euthymia.evidence import EvidenceError, current_consent_text
from euthymia.protocol import Datum, Duty, Occupied, Product, Shift, SiteFacts
from euthymia.protocol import facts as protocol
from euthymia.protocol.missed import MissedFacts, Rhythm
from euthymia.protocol.misuse import MisuseFacts
from euthymia.protocol.programme import Enrolment, ProgrammeFacts, SiteKind
from euthymia.protocol.weight_basis import WeightBasis, WeightBasisFacts

PRESCRIBER, DIRECTOR, NURSE = "the prescriber", "the medical director", "the nurse"


@dataclass(frozen=True)
class Planned:
    """A dose for the first session, with the regimen's distance in maintenance."""

    facts: protocol.PlanFacts
    weight: WeightBasisFacts | None
    maintenance_gap_days: int | None


@dataclass(frozen=True)
class Booked:
    """The time that is wanted for the first session, and what the house has then."""

    wanted: Occupied
    rota: tuple[Shift, ...] | None
    others: tuple[Occupied, ...]
    site: SiteFacts
    resuscitation_needed: Datum[bool] | None


def psychiatrist(file: Fields) -> Datum[bool] | None:
    """Whether a psychiatrist decided to prescribe."""
    return optional(file, "psychiatrist", lambda one: one.datum(lambda: one.flag("decided"), PRESCRIBER))


def programme(file: Fields, product: Product) -> ProgrammeFacts:
    """The safety programme as the file tells it; nothing known where it says nothing."""
    found = optional(file, "programme", lambda one: _programme(one, product))
    return found or ProgrammeFacts(product)


def _programme(table: Fields, product: Product) -> ProgrammeFacts:
    at = table.moment("at")
    counselled = table.texts("counselled_on", [])
    enrolment = optional(
        table,
        "enrolment",
        lambda form: form.datum(
            lambda: Enrolment(
                form.flag("signed_by_patient"), form.flag("signed_by_prescriber"), form.flag("sent")
            ),
            PRESCRIBER,
        ),
    )
    return ProgrammeFacts(
        product=product,
        site=table.word("site", SiteKind),
        certified=Datum(table.flag("certified"), at, DIRECTOR),
        representative=Datum(table.text("representative", ""), at, DIRECTOR),
        counselled=Datum(frozenset(counselled), at, PRESCRIBER) if counselled else None,
        enrolment=enrolment,
    )


def misuse(file: Fields, product: Product) -> MisuseFacts:
    """What was looked at about misuse before the first dose."""
    found = optional(file, "misuse", lambda one: _misuse(one, product))
    return found or MisuseFacts(product)


def _misuse(table: Fields, product: Product) -> MisuseFacts:
    at = table.moment("at")
    return MisuseFacts(
        product=product,
        abuse_risk=Datum(table.text("abuse_risk"), at, PRESCRIBER),
        queried_on=table.day("queried_on", None),
        drug_screen_on=table.day("drug_screen_on", None),
        ketamine_assay_on=table.day("ketamine_assay_on", None),
        signals=Datum((), at, NURSE),
    )


def risk(file: Fields, product: Product) -> protocol.TriageFacts:
    """The level of suicide risk as judged at intake, what was done, and the safety plan."""
    found = optional(file, "risk", lambda one: _risk(one, product))
    return found or protocol.TriageFacts(product)


def _risk(table: Fields, product: Product) -> protocol.TriageFacts:
    judged = table.datum(
        lambda: protocol.RiskAssessment(table.word("level", protocol.RiskLevel), table.text("basis")),
        PRESCRIBER,
    )
    done = []
    for each in table.tables("done"):
        done.append(
            protocol.ActionDone(each.word("action", protocol.SuicideAction), each.moment("at"), NURSE)
        )
        each.end()
    item9 = table.count("item9") if "item9" in table else None
    return protocol.TriageFacts(
        product=product,
        assessment=judged,
        item9=None if item9 is None else Datum(item9, judged.at, "the PHQ-9"),
        done=tuple(done),
        plan=optional(table, "safety_plan", _safety_plan),
    )


def _safety_plan(table: Fields) -> Datum[protocol.SafetyPlan]:
    parts = table.words("parts", protocol.PlanPart)
    review = table.day("review_on")
    written = tuple((part, "written with the patient") for part in parts)
    return table.datum(lambda: protocol.SafetyPlan(written, review), PRESCRIBER)


def consent(file: Fields, product: Product, jurisdiction: str, indication: str) -> protocol.ConsentFacts:
    """The text that was signed beside the one in force."""
    try:
        current = current_consent_text(jurisdiction, product, indication).version
    except EvidenceError:  # no text for this treatment here
        current = ""
    base = protocol.ConsentFacts(product, current, None)
    return optional(file, "consent", lambda one: _consent(one, base)) or base


def _consent(table: Fields, base: protocol.ConsentFacts) -> protocol.ConsentFacts:
    version = table.text("text")
    signed = protocol.ConsentSignature(
        base.product, version, table.flag("capacity"), table.flag("said_back_and_understood")
    )
    withdrawn = optional(table, "withdrawn", lambda one: one.datum(lambda: one.text("words"), NURSE))
    at = table.moment("at")
    return replace(base, signed=Datum(signed, at, "witnessed by the nurse"), withdrawn=withdrawn)


def plan(file: Fields, known: protocol.SuitabilityFacts, japanese: Datum[bool] | None) -> Planned | None:
    """The dose of the first session; nothing where the case ends before."""
    return optional(file, "plan", lambda one: _plan(one, known, japanese))


def _plan(table: Fields, known: protocol.SuitabilityFacts, japanese: Datum[bool] | None) -> Planned:
    about = known.eligibility
    facts = protocol.PlanFacts(
        product=about.product,
        session_number=1,
        session_on=table.day("first_session_on"),
        dose_mg=table.number("dose_mg"),
        indication=about.indication,
        birth_date=about.birth_date,
        japanese_ancestry=japanese,
    )
    gap = table.count("maintenance_gap_days", None)
    if about.product is Product.ESKETAMINE_NASAL:
        return Planned(replace(facts, devices=table.count("devices")), None, gap)
    mg_per_kg, minutes = table.number("mg_per_kg"), table.number("minutes")
    chosen = optional(table, "weight", lambda one: one.datum(lambda: one.word("by", WeightBasis), PRESCRIBER))
    weight = WeightBasisFacts(mg_per_kg, known.weight_kg, known.height_cm, known.sex, chosen)
    dosing: Decimal | None = table.number("ideal_weight_kg") if "ideal_weight_kg" in table else None
    infusion = protocol.InfusionDose(mg_per_kg, known.weight_kg, minutes, dosing_weight_kg=dosing)
    return Planned(replace(facts, infusion=infusion), weight, gap)


def booking(file: Fields, known: protocol.SuitabilityFacts) -> Booked | None:
    """The time that is wanted for the first session."""
    return optional(file, "booking", lambda one: _booking(one, known))


def _booking(table: Fields, known: protocol.SuitabilityFacts) -> Booked:
    product = known.eligibility.product
    at = table.moment("at")
    rota = tuple(_shift(each) for each in table.tables("rota"))
    others = tuple(_occupied(each, product) for each in table.tables("others"))
    needed, there = table.flag("resuscitation_needed", None), table.flag("resuscitation", None)
    return Booked(
        wanted=Occupied(product, table.moment("from"), table.moment("to")),
        rota=rota or None,
        others=others,
        site=SiteFacts(
            Datum(table.count("oximeters"), at, DIRECTOR),
            None if there is None else Datum(there, at, DIRECTOR),
        ),
        resuscitation_needed=None if needed is None else Datum(needed, at, NURSE),
    )


def _shift(table: Fields) -> Shift:
    found = Shift(table.word("duty", Duty), table.moment("from"), table.moment("to"))
    table.end()
    return found


def _occupied(table: Fields, product: Product) -> Occupied:
    found = Occupied(product, table.moment("from"), table.moment("to"))
    table.end()
    return found


@dataclass(frozen=True)
class Missed:
    """Sessions that were given and missed later in the course, and the day on which somebody looks at it."""

    title: str
    on: date
    facts: MissedFacts


def missed(file: Fields, product: Product) -> Missed | None:
    """What became of the course later, where the case tells it."""
    return optional(file, "missed", lambda one: _missed(one, product))


def _missed(table: Fields, product: Product) -> Missed:
    on = table.day("on")
    worse = optional(table, "worse", lambda one: one.datum(lambda: one.flag("is_worse"), NURSE))
    facts = MissedFacts(
        product=product,
        treated=table.days("treated"),
        missed=table.days("missed"),
        next_on=table.day("next_on"),
        rhythm=table.word("rhythm", Rhythm),
        worse=worse,
    )
    return Missed(table.text("title"), on, facts)
