"""Any facts at all: what a room could hand to the rules, plausible or not."""

from datetime import date, timedelta
from decimal import Decimal

from hypothesis import strategies as st
from tests.protocol.people import NOW, NURSE

from euthymia.protocol import (
    AdministrationFacts,
    Answer,
    AntidepressantTrial,
    Benefit,
    BenefitDecision,
    Condition,
    ConditionAnswer,
    ConsentFacts,
    ConsentSignature,
    ContinuationFacts,
    Datum,
    DeviceUse,
    DirectDose,
    DischargeFacts,
    Dissociation,
    EligibilityFacts,
    Escort,
    FollowUpCall,
    FollowUpFacts,
    Indication,
    InfusionDose,
    MonitoringFacts,
    Nausea,
    Observation,
    ObservationFacts,
    OrderFacts,
    PlanFacts,
    Pressure,
    Product,
    ReadinessFacts,
    RiskAssessment,
    RiskLevel,
    SafetyProgrammeFacts,
    SuicideRiskFacts,
    Symptom,
    TrialOutcome,
    Waiver,
    WatchRisk,
)
from euthymia.protocol.route import DIRECT

moments = st.integers(-3 * 24 * 60, 60).map(lambda minutes: NOW + timedelta(minutes=minutes))
days = st.integers(0, 60).map(lambda before: NOW.date() - timedelta(days=before))
words = st.sampled_from(["", " ", "asked", "letter of 2024"])
products = st.sampled_from(Product)
switches = st.booleans()


def decimals(least, most, places=2):
    """Return finite decimals as people type them."""
    return st.decimals(Decimal(str(least)), Decimal(str(most)), places=places, allow_nan=False)


def datums(values, at=moments):
    """Return known facts."""
    return st.builds(Datum, values, at, st.just(NURSE))


def maybe(values):
    """Return a value or its absence."""
    return st.none() | values


def maybe_datum(values):
    """Return a fact that is known or not."""
    return maybe(datums(values))


pressures = st.builds(Pressure, st.integers(40, 260), st.integers(20, 160))
answers = st.builds(
    ConditionAnswer,
    st.sampled_from(Condition),
    st.sampled_from(Answer),
    words,
    maybe(moments),
    st.just(NURSE),
)
trials = st.builds(
    AntidepressantTrial,
    drug=st.sampled_from(["sertraline", "venlafaxine", "Sertraline", "mirtazapine"]),
    oral=maybe(switches),
    dose=st.just("usual dose"),
    dose_adequate=maybe(switches),
    weeks=maybe(decimals(0, 60, 1)),
    adherent=maybe(switches),
    outcome=maybe(st.sampled_from(TrialOutcome)),
    current_episode=maybe(switches),
    at=maybe(moments),
    origin=st.just("referral"),
    improvement_percent=maybe(decimals(-50, 100, 0)),
)
birth_dates = st.dates(date(1920, 1, 1), date(2026, 3, 3))
eligibility_facts = st.builds(
    EligibilityFacts,
    products,
    maybe_datum(birth_dates),
    st.lists(answers, max_size=14).map(tuple),
    st.lists(trials, max_size=4).map(tuple),
    st.sampled_from(Indication),
)
signatures = st.builds(ConsentSignature, products, st.sampled_from(["1", "2"]), maybe(switches))
consent_facts = st.builds(
    ConsentFacts, products, st.sampled_from(["1", "2"]), maybe_datum(signatures), maybe_datum(words)
)
infusions = st.builds(
    InfusionDose,
    decimals(0, 2, 3),
    maybe_datum(decimals(30, 200, 1)),
    decimals(0, 150, 0),
    maybe(decimals(0, 50, 1)),
    maybe(decimals(0, 200, 1)),
    maybe(decimals(0, 300, 1)),
)
directs = st.builds(
    DirectDose,
    st.sampled_from(DIRECT),
    maybe_datum(decimals(30, 200, 1)),
    maybe(decimals(0, 2, 3)),
    maybe(decimals(0, 100, 1)),
    maybe(decimals(0, 5, 2)),
    maybe(st.integers(0, 5)),
    maybe(decimals(0, 100, 1)),
)
plan_facts = st.builds(
    PlanFacts,
    products,
    st.integers(1, 14),
    days,
    maybe(st.sampled_from([Decimal(dose) for dose in (28, 35, 56, 84, 112)])),
    maybe(st.integers(0, 5)),
    maybe(infusions),
    maybe(directs),
    st.lists(days, max_size=10).map(tuple),
    maybe(decimals("0.1", 1, 2)),
    indication=st.sampled_from(Indication),
    birth_date=maybe_datum(birth_dates),
    japanese_ancestry=maybe_datum(switches),
    previous_mg=maybe(st.sampled_from([Decimal(dose) for dose in (28, 56, 84)])),
)
assessments = st.builds(RiskAssessment, st.sampled_from(RiskLevel), words)
risk_facts = st.builds(
    SuicideRiskFacts,
    maybe_datum(st.integers(0, 3)),
    maybe_datum(words),
    maybe_datum(assessments),
    maybe_datum(words),
    maybe_datum(words),
)
escorts = st.builds(Escort, words, words, maybe(moments))
programmes = st.builds(SafetyProgrammeFacts, *[maybe_datum(switches)] * 4)
readiness_facts = st.builds(
    ReadinessFacts,
    products,
    st.lists(datums(pressures), max_size=5).map(tuple),
    st.lists(answers, max_size=6).map(tuple),
    maybe_datum(moments),
    maybe_datum(moments),
    maybe_datum(escorts),
    programmes,
    maybe_datum(switches),
    maybe_datum(words),
    risk_facts,
    maybe(datums(maybe(moments))),
    maybe_datum(birth_dates),
)
decisions = st.builds(BenefitDecision, st.sampled_from(Benefit), st.integers(0, 14), moments, st.just(NURSE))
continuation_facts = st.builds(ContinuationFacts, products, st.integers(1, 14), maybe(decisions))
order_facts = st.builds(
    OrderFacts, eligibility_facts, consent_facts, readiness_facts, plan_facts, maybe(decisions)
)
devices = st.lists(moments, max_size=4).map(
    lambda times: tuple(DeviceUse(number, at, NURSE) for number, at in enumerate(times, 1))
)
administration_facts = st.builds(
    AdministrationFacts,
    products,
    maybe(st.sampled_from([Decimal(28), Decimal(56), Decimal(84)])),
    devices,
    maybe_datum(moments),
    maybe_datum(moments),
    maybe(decimals(0, 100, 1)),
    switches,
)
observations = st.lists(
    st.builds(
        Observation,
        moments,
        st.just(NURSE),
        maybe(pressures),
        maybe(st.integers(20, 220)),
        maybe(st.integers(0, 60)),
        maybe(st.integers(50, 100)),
        maybe(st.integers(0, 5)),
        maybe(st.sampled_from(Dissociation)),
        maybe(st.frozensets(st.sampled_from(Symptom), max_size=2)),
        maybe(st.sampled_from(Nausea)),
        maybe(st.sampled_from((0, 6, 7, 10))),
    ),
    max_size=5,
).map(tuple)
observation_facts = st.builds(
    ObservationFacts, products, maybe_datum(pressures), observations, maybe(moments)
)
waivers = st.lists(
    st.builds(Waiver, st.sampled_from(["last+40", "start+10", "last+15"]), words, moments), max_size=2
)
monitoring_facts = st.builds(
    MonitoringFacts,
    products,
    moments,
    maybe(moments),
    observations,
    waivers.map(tuple),
    maybe(moments),
    maybe_datum(pressures),
    st.frozensets(st.sampled_from(WatchRisk)),
)
discharge_facts = st.builds(
    DischargeFacts,
    products,
    moments,
    maybe(moments),
    maybe_datum(pressures),
    maybe_datum(st.integers(80, 100)),
    observations,
    maybe_datum(switches),
    maybe_datum(assessments),
    maybe_datum(words),
    maybe_datum(switches),
    maybe_datum(words),
    maybe(moments),
)
calls = st.builds(FollowUpCall, maybe(st.integers(0, 10)), switches, switches)
follow_up_facts = st.builds(FollowUpFacts, moments, maybe_datum(calls), maybe_datum(st.integers(0, 27)))
