"""Worked examples of the risk of abuse, signals of misuse, and the bladder."""

from dataclasses import replace
from datetime import timedelta

from tests.protocol.examples._example import Example, S, U, V
from tests.protocol.people import NASAL, NOW, ago, datum

from euthymia.protocol import misuse
from euthymia.protocol.misuse import BladderSymptom, MisuseFacts, SeenSignal, Signal

TODAY = NOW.date()
NONE = frozenset()
NIGHT, BLOOD = frozenset({BladderSymptom.NIGHT}), frozenset({BladderSymptom.BLOOD})


def day(before):
    """Return the local date so many days before today."""
    return TODAY - timedelta(days=before)


def steady(**changes):
    """Return somebody in maintenance of whom nothing is owed."""
    good = MisuseFacts(
        NASAL,
        abuse_risk=datum("low", ago(days=100)),
        first_dose_at=ago(days=90),
        queried_on=day(10),
        drug_screen_on=day(10),
        ketamine_assay_on=day(10),
        signals=datum(()),
        in_maintenance=True,
        bladder=datum(NONE),
    )
    return replace(good, **changes)


def _case(rule, title, outcome, boundary="", **changes):
    facts = steady(**changes)
    return Example(rule, title, outcome, lambda book: misuse.assess(facts, book, NOW), boundary)


def _seen(*days):
    return datum(tuple(SeenSignal(Signal.CRAVING, day(before)) for before in days))


EXAMPLES = (
    _case("MIS-1", "assessed before the first dose", S),
    _case("MIS-1", "assessed, no dose yet", S, first_dose_at=None),
    _case("MIS-1", "assessed after the first dose", V, first_dose_at=ago(days=101)),
    _case("MIS-1", "not assessed", U, abuse_risk=None),
    _case("MIS-1", "an empty assessment", U, abuse_risk=datum(" ")),
    _case("MIS-2", "90 days ago", S, "query_age_max", queried_on=day(90)),
    _case("MIS-2", "91 days ago", V, "query_age_max", queried_on=day(91)),
    _case("MIS-2", "never", U, queried_on=None),
    _case(
        "MIS-3", "both 180 days ago", S, "screen_age_max", drug_screen_on=day(180), ketamine_assay_on=day(180)
    ),
    _case("MIS-3", "the screen is 181 days old", V, "screen_age_max", drug_screen_on=day(181)),
    _case("MIS-3", "no ketamine assay", U, ketamine_assay_on=None),
    _case("MIS-4", "none noted", S, "signals_max"),
    _case("MIS-4", "one noted today", V, "signals_max", signals=_seen(0)),
    _case("MIS-4", "one noted 90 days ago", V, signals=_seen(90)),
    _case("MIS-4", "one noted 91 days ago", S, signals=_seen(91)),
    _case("MIS-4", "nobody looked", U, signals=None),
    _case("MIS-5", "asked today, none", S),
    _case("MIS-5", "before maintenance it is not asked for", S, in_maintenance=False, bladder=None),
    _case("MIS-5", "asked yesterday", V, bladder=datum(NONE, ago(days=1))),
    _case("MIS-5", "a symptom, nothing tested", V, bladder=datum(NIGHT)),
    _case(
        "MIS-5", "a symptom, tested", S, bladder=datum(NIGHT), urine_tested=datum("urinalysis and culture")
    ),
    _case(
        "MIS-5",
        "a symptom, tested before it",
        V,
        bladder=datum(NIGHT),
        urine_tested=datum("clear", ago(days=3)),
    ),
    _case("MIS-5", "never asked", U, bladder=None),
    _case("MIS-5b", "no symptom", S),
    _case(
        "MIS-5b",
        "a symptom for the first time",
        S,
        bladder=datum(NIGHT),
        bladder_before=datum(NONE, ago(days=7)),
    ),
    _case(
        "MIS-5b",
        "a symptom twice in a row",
        V,
        bladder=datum(NIGHT),
        bladder_before=datum(NIGHT, ago(days=7)),
    ),
    _case("MIS-5b", "blood in the urine", V, bladder=datum(BLOOD)),
    _case(
        "MIS-5b", "blood, seen by a urologist since", S, bladder=datum(BLOOD), urology=datum("a stone, go on")
    ),
    _case("MIS-5b", "blood, seen before it", V, bladder=datum(BLOOD), urology=datum("clear", ago(days=9))),
    _case("MIS-5b", "never asked in maintenance", U, bladder=None),
)
