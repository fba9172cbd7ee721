"""Any facts at all about a licensed use, a check-in, a record of leaving, devices and signatures."""

from datetime import timedelta

from hypothesis import strategies as st
from tests.protocol.people import NOW, NURSE
from tests.protocol.strategies import (
    answers,
    datums,
    days,
    decisions,
    eligibility_facts,
    maybe,
    maybe_datum,
    moments,
    products,
    switches,
    words,
)

from euthymia.protocol.capacity import Session, SignatureFacts
from euthymia.protocol.check_in import CheckInFacts
from euthymia.protocol.device_record import DeviceRecord, DeviceRecordFacts
from euthymia.protocol.facts import (
    Condition,
    DatedEvent,
    Indication,
    InteractionClass,
    LiverImpairment,
    Medicine,
    SuitabilityFacts,
)
from euthymia.protocol.leaving_record import LeavingFacts, ManagedRisk
from euthymia.protocol.licensed_use import LicensedUseFacts
from euthymia.protocol.reassessment import ReassessmentFacts

_HEART = [Condition.MYOCARDIAL_INFARCTION, Condition.STROKE, Condition.OTHER_CARDIOVASCULAR_EVENT]
events = st.builds(
    lambda condition, day, length: DatedEvent(condition, day, day + timedelta(days=length), NOW, NURSE),
    st.sampled_from(_HEART),
    days,
    st.integers(0, 40),
)
medicines = st.builds(
    Medicine,
    st.sampled_from(["sertraline", "diazepam", "a tablet"]),
    maybe(st.frozensets(st.sampled_from(InteractionClass), min_size=1, max_size=2)),
    words,
    maybe(moments),
    st.just(NURSE),
    stopped_on=maybe(days),
)
medicine_lists = st.lists(medicines, max_size=3).map(tuple)
licensed_use_facts = st.builds(
    LicensedUseFacts,
    st.builds(
        SuitabilityFacts,
        eligibility_facts,
        events=st.lists(events, max_size=3).map(tuple),
        medicines=maybe_datum(medicine_lists),
    ),
    maybe_datum(switches),
)
check_in_facts = st.builds(
    CheckInFacts,
    products,
    st.lists(answers, max_size=6).map(tuple),
    maybe_datum(switches),
    maybe_datum(medicine_lists),
    maybe(datums(maybe(moments))),
    maybe_datum(switches),
)
reassessment_facts = st.builds(
    ReassessmentFacts, products, st.sampled_from(Indication), maybe(days), days, maybe(decisions)
)
leaving_facts = st.builds(
    LeavingFacts,
    products,
    moments,
    maybe(moments),
    maybe_datum(st.sampled_from(LiverImpairment)),
    maybe(datums(st.frozensets(st.sampled_from(ManagedRisk)))),
    maybe(datums(moments)),
)
device_records = st.builds(
    DeviceRecord,
    st.integers(1, 4),
    words,
    maybe(st.integers(-30, 400).map(lambda ahead: NOW.date() + timedelta(days=ahead))),
    st.lists(moments, max_size=2).map(tuple),
    maybe(st.integers(1, 2)),
    maybe(switches),
    words,
    st.just(NURSE),
)
device_record_facts = st.builds(
    DeviceRecordFacts, products, days, st.lists(device_records, max_size=3).map(tuple)
)
signature_facts = st.builds(
    SignatureFacts,
    products,
    st.just("consent"),
    moments,
    maybe(st.lists(st.builds(Session, moments, maybe(moments)), max_size=3).map(tuple)),
)
