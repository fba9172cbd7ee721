"""The day of the first dose in a case: what check-in asked, measured and found at hand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tests.protocol.cases._fields import Fields, optional
from tests.protocol.cases._person import pressure

from euthymia.protocol import Answer, Condition, ConditionAnswer, Datum
from euthymia.protocol import facts as protocol
from euthymia.protocol.check_in import CheckInFacts
from euthymia.protocol.programme import ProgrammeFacts, SiteKind

NURSE, PRESCRIBER = "the nurse", "the prescriber"


@dataclass(frozen=True)
class Day:
    """The moment the order is judged, with what check-in found."""

    at: datetime
    readiness: protocol.ReadinessFacts
    check_in: CheckInFacts


def day(file: Fields, known: protocol.SuitabilityFacts, site: ProgrammeFacts) -> Day | None:
    """The day of the first dose, where the case comes so far."""
    return optional(file, "day", lambda one: _day(one, known, site))


def _day(table: Fields, known: protocol.SuitabilityFacts, site: ProgrammeFacts) -> Day:
    at, asked = table.moment("at"), table.moment("asked_at")
    conditions = (*_asked(table, asked), *known.eligibility.conditions)
    about = known.eligibility
    test = optional(table, "pregnancy_test", lambda one: one.datum(lambda: one.flag("positive"), NURSE))
    readiness = protocol.ReadinessFacts(
        product=about.product,
        pressures=tuple(
            Datum(pressure(each.text("mmHg"), each.where), each.moment("at"), NURSE)
            for each in table.tables("pressures")
        ),
        conditions=conditions,
        last_food=Datum(table.moment("last_food"), asked, NURSE),
        last_liquid=Datum(table.moment("last_liquid"), asked, NURSE),
        escort=optional(table, "escort", lambda one: Datum(_escort(one), asked, NURSE)),
        programme=_programme(table, site, asked),
        pregnancy_test=test,
        instructions_signed=Datum(table.text("instructions"), asked, "the patient"),
        risk=_risk(table, asked),
        nasal_product=Datum(table.moment("nasal_product", None), asked, NURSE),
        birth_date=about.birth_date,
    )
    resuscitation = table.flag("resuscitation", None)
    check_in = CheckInFacts(
        product=about.product,
        conditions=conditions,
        resuscitation=None if resuscitation is None else Datum(resuscitation, asked, "the site record"),
        changed_medicines=Datum((), asked, NURSE) if table.flag("medicines_unchanged") else None,
        sedated_at=Datum(table.moment("last_alcohol", None), asked, NURSE),
        illicit=Datum(table.flag("illicit_drug"), asked, NURSE),
    )
    return Day(at, readiness, check_in)


def _asked(table: Fields, at: datetime) -> tuple[ConditionAnswer, ...]:
    """The questions of the day: the pressure's danger, pregnancy, a sick heart or lung."""
    said = {
        Condition.PRESSURE_RISK: table.flag("pressure_risk"),
        Condition.PREGNANCY_POSSIBLE: table.flag("pregnancy_possible"),
        Condition.CARDIORESPIRATORY_DISEASE: table.flag("heart_or_lung_disease"),
    }
    return tuple(
        ConditionAnswer(each, Answer.YES if yes else Answer.NONE_KNOWN, "asked today", at, NURSE)
        for each, yes in said.items()
    )


def _escort(table: Fields) -> protocol.Escort:
    return protocol.Escort(table.text("name"), table.text("phone"), table.moment("expected_at"))


def _programme(table: Fields, site: ProgrammeFacts, at: datetime) -> protocol.SafetyProgrammeFacts:
    """Who is here today, beside what the programme holds on site and patient."""
    form = site.enrolment.value if site.enrolment else None
    enrolled = bool(form and form.sent) or site.site is SiteKind.INPATIENT
    return protocol.SafetyProgrammeFacts(
        site_certified=site.certified,
        patient_enrolled=Datum(enrolled, at, PRESCRIBER) if site.site else None,
        prescriber_on_site=Datum(table.flag("prescriber_on_site"), at, NURSE),
        oximeter_available=Datum(table.flag("oximeter_at_hand"), at, NURSE),
    )


def _risk(table: Fields, at: datetime) -> protocol.SuicideRiskFacts:
    said = table.table("risk")
    structured, decision = said.text("structured", ""), said.text("decision_to_treat", "")
    care = said.text("level_of_care", "")
    judged = protocol.RiskAssessment(said.word("level", protocol.RiskLevel), said.text("basis"))
    found = protocol.SuicideRiskFacts(
        item9=Datum(said.count("item9"), at, "the PHQ-9 of the day"),
        structured=Datum(structured, at, PRESCRIBER) if structured else None,
        assessment=Datum(judged, at, PRESCRIBER),
        dosing_decision=Datum(decision, at, PRESCRIBER) if decision else None,
        level_of_care=Datum(care, at, PRESCRIBER) if care else None,
    )
    said.end()
    return found
