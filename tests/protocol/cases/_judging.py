"""Runs a case through the pure functions, stage by stage: no database, no clock, no Django."""

from __future__ import annotations

from datetime import datetime, time

from tests.protocol.cases._case import Case
from tests.protocol.cases._expected import (
    ExpectedDose,
    ExpectedResistance,
    ExpectedSchedule,
    ExpectedTask,
    Stage,
    Verdict,
)

from euthymia.evidence import Regimen, regimen
from euthymia.protocol import (
    BookingFacts,
    Finding,
    GateResult,
    OrderFacts,
    Outcome,
    booking,
    check_in,
    consent,
    eligibility,
    gate,
    licensed_use,
    may_override,
    missed,
    misuse,
    order,
    plan,
    programme,
    readiness,
    resistance,
    schedule,
    suicide_triage,
    suitability,
    weight_basis,
)
from euthymia.protocol.licensed_use import LicensedUseFacts

Findings = tuple[Finding, ...]


def judge(case: Case) -> dict[Stage, Findings]:
    """The findings of every stage the case reaches."""
    found = {
        Stage.SUITABILITY: _suitability(case, case.judged_at),
        Stage.SAFEGUARDS: (
            *programme.assess(case.programme, case.book, case.judged_at),
            *misuse.assess(case.misuse, case.book, case.judged_at),
        ),
        Stage.RISK: suicide_triage.assess(case.risk, case.book, case.judged_at),
    }
    if case.agreed_at is not None:
        found[Stage.CONSENT] = consent.assess(case.consent, case.book, case.agreed_at)
    if case.agreed_at is not None and case.plan is not None:
        found[Stage.PLAN] = _plan(case, case.agreed_at)
    if case.agreed_at is not None and case.booking is not None:
        found[Stage.BOOKING] = _booking(case, case.agreed_at)
    if case.day is not None:
        found[Stage.DAY] = (
            *readiness.assess(case.day.readiness, case.book, case.day.at),
            *check_in.assess(case.day.check_in, case.book, case.day.at),
        )
        found[Stage.ORDER] = _order(case)
    if case.missed is not None:
        at = datetime.combine(case.missed.on, time(12), tzinfo=case.zone)
        found[Stage.LATER] = missed.assess(case.missed.facts, case.book, at)
    return found


def _suitability(case: Case, now: datetime) -> Findings:
    """The licence and the label, then what speaks against it beside them."""
    return (
        *eligibility.assess(case.suitability.eligibility, case.book, now),
        *_licensed(case, now),
        *suitability.assess(case.suitability, case.book, now),
    )


def _licensed(case: Case, now: datetime) -> Findings:
    return licensed_use.assess(LicensedUseFacts(case.suitability, case.psychiatrist), case.book, now)


def _plan(case: Case, now: datetime) -> Findings:
    assert case.plan is not None
    chosen = case.plan.weight
    return (
        *plan.assess(case.plan.facts, case.book, now),
        *(weight_basis.assess(chosen, case.book, now) if chosen else ()),
    )


def _booking(case: Case, now: datetime) -> Findings:
    assert case.booking is not None
    wanted = case.booking
    facts = BookingFacts(
        wanted=wanted.wanted,
        session=_induction(case)[0],
        rota=wanted.rota,
        others=wanted.others,
        site=wanted.site,
        resuscitation_needed=wanted.resuscitation_needed,
    )
    return booking.assess(facts, case.book, now)


def _order(case: Case) -> Findings:
    assert case.day is not None
    assert case.plan is not None
    facts = OrderFacts(case.suitability.eligibility, case.consent, case.day.readiness, case.plan.facts)
    return (*order.assess(facts, case.book, case.day.at), *_licensed(case, case.day.at))


# --- what stands beside the findings ------------------------------------------------------------------------


def verdict(result: GateResult) -> Verdict:
    """What a gate says, in one word."""
    if result.is_open:
        return Verdict.OPEN
    shut = result.blocked_by
    if any(each.outcome is Outcome.VIOLATED and not may_override(each) for each in shut):
        return Verdict.REFUSED
    return Verdict.NEEDED if any(each.outcome is Outcome.UNKNOWN for each in shut) else Verdict.OVERRIDE


def after_signing(found: Findings, signed: frozenset[str]) -> GateResult:
    """The gate once a prescriber has signed for the findings of ``signed``."""
    return gate(found, {each.fingerprint for each in found if each.rule in signed})


def resisted(case: Case) -> ExpectedResistance | None:
    """What the treatments show under the book's rule of resistance."""
    rule = resistance.indication_rule(case.book, case.product)
    if rule is None:
        return None
    shown = resistance.weigh(case.suitability.eligibility.trials, rule)
    judged = tuple((each.trial.drug, each.outcome) for each in shown.judged)
    return ExpectedResistance(rule.id, shown.needed, shown.failed, judged)


def dose(case: Case) -> ExpectedDose | None:
    """The doses of the first session; both of an infusion where its rule asks for a choice."""
    if case.plan is None:
        return None
    if case.plan.weight is None:
        return ExpectedDose(allowed_mg=plan.doses_allowed(case.plan.facts, case.book))
    both = weight_basis.doses(case.plan.weight, case.book)
    if both is None or both.body_mass_index < case.book["IV-DOSE-8"].number("bmi_below"):
        return ExpectedDose()
    return ExpectedDose(by_actual_mg=both.actual_mg, by_ideal_mg=both.ideal_mg, ideal_kg=both.ideal_kg)


def days(case: Case, ahead: int) -> ExpectedSchedule | None:
    """The days of induction, and the first ``ahead`` that would follow a decision to go on."""
    if case.plan is None:
        return None
    first = _induction(case)
    wanted = _regimen(case)
    gap = case.plan.maintenance_gap_days
    then: tuple[schedule.PlannedDay, ...] = ()
    if wanted.phases[1:] and gap is not None:
        then = schedule.outlook(wanted, case.book, first, schedule.Given(), gap)
    needs_decision = "MBC-1" in case.book and case.product.value in case.book["MBC-1"].products
    decision = case.book["MBC-1"].integer("induction_sessions") + 1 if needs_decision else None
    return ExpectedSchedule(
        tuple(each.target_on for each in first), decision, tuple(each.target_on for each in then)[:ahead]
    )


def _regimen(case: Case) -> Regimen:
    return regimen(case.jurisdiction, case.product, case.indication)


def _induction(case: Case) -> tuple[schedule.PlannedDay, ...]:
    assert case.plan is not None
    return schedule.induction(_regimen(case), case.book, case.plan.facts.session_on)


def tasks(case: Case) -> tuple[ExpectedTask, ...]:
    """What the judged level of suicide risk demands."""
    if case.risk.assessment is None:
        return ()
    wanted = suicide_triage.demands(case.risk.assessment, case.book, case.judged_at, case.risk.done)
    return tuple(ExpectedTask(each.rule, each.action, each.due_at) for each in wanted)


def advice(case: Case) -> missed.Advice | None:
    """What is suggested after the sessions that were missed."""
    if case.missed is None:
        return None
    at = datetime.combine(case.missed.on, time(12), tzinfo=case.zone)
    return missed.proposal(case.missed.facts, case.book, at).advice
