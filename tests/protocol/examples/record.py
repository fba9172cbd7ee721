"""Worked examples of what is asked on the day beside readiness, and of what the record of a session must hold."""

from datetime import date, timedelta

from tests.protocol.examples._example import Example, S, U, V
from tests.protocol.people import (
    IV,
    LAST_DOSE,
    NASAL,
    NOW,
    NURSE,
    T0,
    ago,
    answers,
    arrived,
    datum,
    leaving,
    no,
    not_asked,
    pressure,
    reading,
    watched,
    yes,
)

from euthymia.protocol import (
    Condition,
    InteractionClass,
    LiverImpairment,
    Medicine,
    Pressure,
    capacity,
    check_in,
    device_record,
    discharge,
    leaving_record,
    observation,
    readiness,
)
from euthymia.protocol.capacity import Session, SignatureFacts
from euthymia.protocol.check_in import CheckInFacts
from euthymia.protocol.device_record import DeviceRecord, DeviceRecordFacts
from euthymia.protocol.leaving_record import LeavingFacts, ManagedRisk

YESTERDAY = ago(days=1)


def _ready(rule, title, outcome, boundary="", **changes):
    facts = arrived(**changes)
    return Example(rule, title, outcome, lambda book: readiness.assess(facts, book, NOW), boundary)


def _read(*readings):
    return tuple(pressure(systolic, 80, ago(minutes=minutes)) for systolic, minutes in readings)


_READY = (
    _ready("PRE-5", "none raised", S, pressures=_read((130, 30))),
    _ready(
        "PRE-5", "repeated after exactly 5 minutes", S, "repeat_from", pressures=_read((150, 30), (138, 25))
    ),
    _ready("PRE-5", "repeated after 4 minutes only", V, "repeat_from", pressures=_read((150, 30), (138, 26))),
    _ready(
        "PRE-5", "repeated after exactly 10 minutes", S, "repeat_by", pressures=_read((150, 30), (138, 20))
    ),
    _ready("PRE-5", "repeated after 11 minutes", V, "repeat_by", pressures=_read((150, 30), (138, 19))),
    _ready("PRE-5", "raised 10 minutes ago, still to repeat", U, "repeat_by", pressures=_read((150, 10))),
    _ready("PRE-5", "raised 11 minutes ago, not repeated", V, "repeat_by", pressures=_read((150, 11))),
    _ready(
        "PRE-5",
        "a third raised one need not be repeated",
        S,
        "readings_counted",
        pressures=_read((150, 40), (150, 34), (150, 28)),
    ),
    _ready("PRE-5", "not measured", U, pressures=()),
    _ready("PRE-7", "none today", S),
    _ready("PRE-7", "used exactly an hour ago", S, "nasal_min", nasal_product=datum(ago(minutes=60))),
    _ready("PRE-7", "used 59 minutes ago", V, "nasal_min", nasal_product=datum(ago(minutes=59))),
    _ready("PRE-7", "not asked", U, nasal_product=None),
    _ready("PRE-7", "asked yesterday", U, nasal_product=datum(None, YESTERDAY)),
)

DISEASE = Condition.CARDIORESPIRATORY_DISEASE
DIAZEPAM = Medicine("diazepam", frozenset({InteractionClass.BENZODIAZEPINE}), "5 mg", NOW, NURSE)
VITAMIN = Medicine("vitamin D", frozenset({InteractionClass.NONE}), "", NOW, NURSE)
UNSORTED = Medicine("a new tablet", None, "", NOW, NURSE)


def _asked(rule, title, outcome, boundary="", **changes):
    good = {
        "product": NASAL,
        "conditions": answers(),
        "resuscitation": datum(True),
        "changed_medicines": datum(()),
        "sedated_at": datum(None),
        "illicit": datum(False),
    }
    facts = CheckInFacts(**{**good, **changes})
    return Example(rule, title, outcome, lambda book: check_in.assess(facts, book, NOW), boundary)


_SICK = {"conditions": answers(yes(DISEASE))}
_DAY = (
    _asked("PRE-8", "healthy heart and lung, nothing at hand", S, resuscitation=datum(False)),
    _asked("PRE-8", "disease, resuscitation at hand", S, **_SICK),
    _asked("PRE-8", "disease, nothing at hand", V, **_SICK, resuscitation=datum(False)),
    _asked("PRE-8", "disease, the site not recorded", U, **_SICK, resuscitation=None),
    _asked(
        "PRE-8", "not asked, nothing at hand", U, conditions=answers(not_asked(DISEASE)), resuscitation=None
    ),
    _asked(
        "PRE-8",
        "none known without a basis",
        U,
        conditions=answers(no(DISEASE, "")),
        resuscitation=datum(False),
    ),
    _asked("PRE-11", "nothing changed", S),
    _asked("PRE-11", "a vitamin is new", S, changed_medicines=datum((VITAMIN,))),
    _asked("PRE-11", "a benzodiazepine is new", V, changed_medicines=datum((VITAMIN, DIAZEPAM))),
    _asked("PRE-11", "something new that is not sorted", U, changed_medicines=datum((UNSORTED,))),
    _asked("PRE-11", "asked yesterday", U, changed_medicines=datum((), YESTERDAY)),
    _asked("PRE-11", "not asked", U, changed_medicines=None),
    _asked("PRE-14", "nothing taken", S),
    _asked("PRE-14", "alcohol exactly 24 hours ago", S, "sober_min", sedated_at=datum(ago(hours=24))),
    _asked("PRE-14", "alcohol 23 hours ago", V, "sober_min", sedated_at=datum(ago(hours=23))),
    _asked("PRE-14", "an illicit drug", V, illicit=datum(True)),
    _asked("PRE-14", "alcohol not asked", U, sedated_at=None),
    _asked("PRE-14", "drugs asked yesterday", U, illicit=datum(False, YESTERDAY)),
)


def _leaves(title, outcome, boundary="", **changes):
    facts = leaving(**changes)
    return Example("MON-2", title, outcome, lambda book: discharge.assess(facts, book, NOW), boundary)


_UNTIL_STABLE = (
    _leaves("judged stable 5 minutes ago", S),
    _leaves(
        "judged stable at the moment of the last device", S, "minutes_min", stable=datum(True, LAST_DOSE)
    ),
    _leaves(
        "judged stable before the last device",
        U,
        "minutes_min",
        stable=datum(True, LAST_DOSE - timedelta(minutes=1)),
    ),
    _leaves("judged not ready to leave", V, stable=datum(False)),
    _leaves("nobody has judged", U, stable=None),
    _leaves("the dose is not finished", U, last_dose_at=None),
)


def _high(title, outcome, *readings, boundary="", last_dose_at=LAST_DOSE, **changes):
    facts = watched(*readings, last_dose_at=last_dose_at, **changes)
    return Example("MON-7", title, outcome, lambda book: observation.assess(facts, book, NOW), boundary)


def _bp(minutes, systolic, diastolic=80):
    return reading(minutes, pressure=Pressure(systolic, diastolic))


_STAYS_HIGH = (
    _high("159/99 after 121 minutes", S, _bp(121, 159, 99)),
    _high("160 systolic after 121 minutes", V, _bp(121, 160), boundary="systolic_below"),
    _high("159 systolic after 121 minutes", S, _bp(121, 159), boundary="systolic_below"),
    _high("100 diastolic after 121 minutes", V, _bp(121, 130, 100), boundary="diastolic_below"),
    _high("99 diastolic after 121 minutes", S, _bp(121, 130, 99), boundary="diastolic_below"),
    _high("170 systolic after exactly 120 minutes", S, _bp(120, 170), boundary="rise_minutes_max"),
    _high("170 systolic after 121 minutes", V, _bp(121, 170), boundary="rise_minutes_max"),
    _high("170 systolic, the infusion runs", S, _bp(20, 170), last_dose_at=None, product=IV),
    _high("not measured", U, reading(121, pressure=None)),
)


def _left(rule, title, outcome, boundary="", product=NASAL, last_dose_at=LAST_DOSE, **changes):
    facts = LeavingFacts(product, T0, last_dose_at, **changes)
    return Example(rule, title, outcome, lambda book: leaving_record.assess(facts, book, NOW), boundary)


_B = datum(LiverImpairment.CHILD_PUGH_B)
_LEFT = (
    _left("MON-9", "a healthy liver", S, liver=datum(LiverImpairment.NONE)),
    _left("MON-9", "mild impairment", S, liver=datum(LiverImpairment.CHILD_PUGH_A)),
    _left(
        "MON-9", "moderate, exactly 180 minutes", S, "minutes_min", liver=_B, last_dose_at=ago(minutes=180)
    ),
    _left("MON-9", "moderate, 179 minutes", V, "minutes_min", liver=_B, last_dose_at=ago(minutes=179)),
    _left("MON-9", "moderate, the dose is not finished", U, liver=_B, last_dose_at=None),
    _left("MON-9", "the liver is not recorded", U),
    _left("MON-10", "every point", S, checklist=datum(frozenset(ManagedRisk))),
    _left("MON-10", "misuse left out", V, checklist=datum(frozenset(ManagedRisk) - {ManagedRisk.MISUSE})),
    _left("MON-10", "no checklist", U),
    _left("MON-11", "ready 90 minutes after the first device", S, ready_at=datum(T0 + timedelta(minutes=90))),
    _left("MON-11", "ready before the first device", V, ready_at=datum(T0 - timedelta(minutes=1))),
    _left("MON-11", "ready at a time to come", V, ready_at=datum(NOW + timedelta(minutes=1))),
    _left("MON-11", "not recorded", U),
)


def _device(title, outcome, *, devices=1, **changes):
    good = {
        "lot": "A1",
        "expires_on": date(2027, 1, 31),
        "sprays_at": (T0, T0 + timedelta(seconds=40)),
        "nostrils": 2,
        "problem": False,
        "disposition": "sharps bin",
    }
    records = tuple(DeviceRecord(number + 1, **{**good, **changes}) for number in range(devices))
    facts = DeviceRecordFacts(NASAL, NOW.date(), records)
    return Example("DEV-7", title, outcome, lambda book: device_record.assess(facts, book, NOW))


_DEVICES = (
    _device("everything is there", S, devices=2),
    _device("expires today", S, expires_on=NOW.date()),
    _device("expired yesterday", V, expires_on=NOW.date() - timedelta(days=1)),
    _device("the lot is missing", U, lot=" "),
    _device("one spray has no time", U, sprays_at=(T0,)),
    _device("whether there was a problem is not recorded", U, problem=None),
    _device("no device is on record", U, devices=0),
)


def _signed(title, outcome, *sessions, known=True):
    facts = SignatureFacts(NASAL, "consent", ago(minutes=30), sessions if known else None)
    return Example("KAP-7", title, outcome, lambda book: capacity.assess(facts, book, NOW))


_CAPACITY = (
    _signed("no session yet", S),
    _signed("after a session was over", S, Session(T0, ago(minutes=30))),
    _signed("in the first minute of a dose", V, Session(ago(minutes=30), None)),
    _signed("a minute before the dose", S, Session(ago(minutes=29), None)),
    _signed("before the patient might leave", V, Session(T0, ago(minutes=29))),
    _signed("sessions are not known", U, known=False),
)

EXAMPLES = (*_READY, *_DAY, *_UNTIL_STABLE, *_STAYS_HIGH, *_LEFT, *_DEVICES, *_CAPACITY)
