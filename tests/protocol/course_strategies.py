"""Any facts at all about a course beside its visits: suicide risk, suitability, missed sessions, response."""

from datetime import timedelta

from hypothesis import strategies as st
from tests.protocol.people import NOW, NURSE
from tests.protocol.strategies import assessments, datums, maybe, maybe_datum, moments, products, words

from euthymia.protocol.facts import ActionDone, PlanPart, SafetyPlan, SuicideAction, TriageFacts

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
