"""Any facts at all about a course beside its visits: suicide risk, suitability, missed sessions, response."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import strategies as st
from tests.protocol.people import BOOK, NOW, NURSE
from tests.protocol.strategies import (
    assessments,
    datums,
    decimals,
    eligibility_facts,
    maybe,
    maybe_datum,
    moments,
    pressures,
    products,
    words,
)

from euthymia.protocol import RiskLevel
from euthymia.protocol.adverse_event import AdverseEventFacts, Criterion, EventOutcome
from euthymia.protocol.facts import (
    ActionDone,
    EarlierTreatment,
    Examination,
    ExaminationResult,
    Indication,
    IndicationScore,
    InteractionClass,
    LiverImpairment,
    Medicine,
    PlanPart,
    SafetyPlan,
    Sex,
    Substance,
    SubstanceUse,
    SuicideAction,
    SuitabilityFacts,
    TriageFacts,
    TrialOutcome,
)
from euthymia.protocol.missed import MissedFacts, Rhythm
from euthymia.protocol.misuse import BladderSymptom, MisuseFacts, SeenSignal, Signal
from euthymia.protocol.programme import Enrolment, ProgrammeFacts, SessionForm, SiteKind, topics
from euthymia.protocol.response import DayAfter, ResponseFacts
from euthymia.protocol.weight_basis import WeightBasis, WeightBasisFacts

coming = st.integers(-60, 60).map(lambda ahead: NOW.date() + timedelta(days=ahead))
"""Local dates around the day of judgement."""

safety_plans = st.builds(
    SafetyPlan,
    st.lists(st.tuples(st.sampled_from(PlanPart), words), max_size=8).map(tuple),
    maybe(coming),
)
triage_facts = st.builds(
    TriageFacts,
    products,
    maybe_datum(assessments),
    maybe_datum(st.integers(-1, 5)),
    st.lists(st.builds(ActionDone, st.sampled_from(SuicideAction), moments, st.just(NURSE)), max_size=8).map(
        tuple
    ),
    maybe(datums(safety_plans)),
)

indications = st.sampled_from(Indication)
treatments = st.builds(
    EarlierTreatment,
    indications,
    st.sampled_from(["sertraline", "Sertraline ", "psychotherapy", "venlafaxine"]),
    maybe(st.booleans()),
    maybe(st.booleans()),
    maybe(st.sampled_from(TrialOutcome)),
    maybe(moments),
    st.just(NURSE),
)
scores = st.builds(IndicationScore, indications, st.just("its own scale"), decimals(0, 80, 0))
eligibilities = st.builds(
    lambda facts, indication, treated, score: replace(
        facts, indication=indication, treatments=treated, score=score
    ),
    eligibility_facts,
    indications,
    st.lists(treatments, max_size=4).map(tuple),
    maybe_datum(scores),
)
medicines = st.lists(
    st.builds(
        Medicine,
        st.sampled_from(["diazepam", "isocarboxazid", "a tablet"]),
        maybe(st.frozensets(st.sampled_from(InteractionClass), max_size=3)),
        st.just(""),
        maybe(moments),
        st.just(NURSE),
        maybe(decimals(0, 8, 1)),
        maybe(coming),
        maybe(coming),
    ),
    max_size=4,
).map(tuple)
substances = st.lists(
    st.builds(
        SubstanceUse,
        st.sampled_from(Substance),
        maybe(st.integers(0, 4)),
        maybe(coming),
        maybe(moments),
        st.just(NURSE),
    ),
    max_size=6,
).map(tuple)
examinations = st.lists(
    st.builds(
        ExaminationResult,
        st.sampled_from(Examination),
        st.integers(-1, 400).map(lambda before: NOW.date() - timedelta(days=before)),
        words,
        maybe(st.booleans()),
        maybe(moments),
        st.just(NURSE),
    ),
    max_size=30,
    unique_by=lambda result: result.examination,
).map(tuple)
suitability_facts = st.builds(
    SuitabilityFacts,
    eligibilities,
    maybe_datum(st.sampled_from(Sex)),
    st.just(()),
    maybe_datum(medicines),
    substances,
    maybe_datum(st.sampled_from(LiverImpairment)),
    st.lists(datums(pressures), max_size=3).map(tuple),
    examinations,
    maybe_datum(decimals(30, 200, 1)),
    maybe_datum(decimals(0, 210, 0)),
    st.booleans(),
)
weight_basis_facts = st.builds(
    WeightBasisFacts,
    decimals("0.1", 1, 2),
    maybe_datum(decimals(30, 200, 1)),
    maybe_datum(decimals(0, 210, 0)),
    maybe_datum(st.sampled_from(Sex)),
    maybe_datum(st.sampled_from(WeightBasis)),
)
missed_facts = st.builds(
    MissedFacts,
    products,
    st.lists(coming, max_size=6).map(tuple),
    st.lists(coming, max_size=4).map(tuple),
    maybe(coming),
    maybe(st.sampled_from(Rhythm)),
    maybe_datum(st.booleans()),
    maybe_datum(words),
    maybe_datum(words),
    maybe(coming),
    maybe_datum(st.booleans()),
    maybe_datum(st.booleans()),
)
response_facts = st.builds(
    ResponseFacts,
    products,
    indications,
    st.sampled_from(["phq-9", "madrs", "pcl-5"]),
    maybe_datum(st.integers(0, 60)),
    st.lists(datums(st.integers(0, 60)), max_size=4, unique_by=lambda score: score.at).map(tuple),
    st.integers(0, 9),
    st.lists(st.sampled_from(DayAfter), max_size=6).map(tuple),
    st.booleans(),
    maybe(st.sampled_from(Rhythm)),
    maybe(st.sampled_from(Rhythm)),
    maybe_datum(words),
    maybe_datum(words),
    maybe(coming),
    maybe(coming),
    maybe(coming),
    maybe_datum(st.booleans()),
    st.lists(datums(st.sampled_from(RiskLevel)), max_size=3, unique_by=lambda level: level.at).map(tuple),
    maybe_datum(words),
)
bladder = maybe_datum(st.frozensets(st.sampled_from(BladderSymptom), max_size=2))
misuse_facts = st.builds(
    MisuseFacts,
    products,
    maybe_datum(words),
    maybe(moments),
    maybe(coming),
    maybe(coming),
    maybe(coming),
    maybe_datum(st.lists(st.builds(SeenSignal, st.sampled_from(Signal), coming), max_size=3).map(tuple)),
    st.booleans(),
    bladder,
    bladder,
    maybe_datum(words),
    maybe_datum(words),
)
programme_facts = st.builds(
    ProgrammeFacts,
    products,
    maybe(st.sampled_from(SiteKind)),
    maybe_datum(st.booleans()),
    maybe_datum(words),
    maybe_datum(st.frozensets(st.sampled_from([*topics(BOOK), "something else"]), min_size=5)),
    maybe_datum(st.builds(Enrolment, st.booleans(), st.booleans(), st.booleans())),
    maybe(moments),
    st.lists(st.builds(SessionForm, coming, maybe(coming)), max_size=4).map(tuple),
)
event_facts = st.builds(
    AdverseEventFacts,
    products,
    words,
    maybe(moments),
    maybe(moments),
    words,
    words,
    maybe(st.sampled_from(EventOutcome)),
    words,  # cause
    words,  # expectedness
    maybe_datum(st.frozensets(st.sampled_from(Criterion), max_size=2)),
    maybe(st.booleans()),
    maybe(st.booleans()),
    maybe(moments),
    maybe_datum(words),
    maybe_datum(words),
    maybe_datum(words),
)
