"""Worked examples of the safety programme and of adverse events."""

from dataclasses import replace
from datetime import timedelta

from tests.protocol.examples._example import Example, S, U, V
from tests.protocol.people import BOOK, NASAL, NOW, ago, datum

from euthymia.protocol import adverse_event, programme
from euthymia.protocol.adverse_event import AdverseEventFacts, Criterion, EventOutcome
from euthymia.protocol.programme import Enrolment, ProgrammeFacts, SessionForm, SiteKind

TODAY = NOW.date()


def enrolled(**changes):
    """Return a certified outpatient site and a patient it may treat."""
    good = ProgrammeFacts(
        NASAL,
        SiteKind.OUTPATIENT,
        datum(True),
        datum("Dr A. Lind"),
        datum(frozenset(programme.topics(BOOK)), ago(days=3)),
        datum(Enrolment(True, True, True), ago(days=3)),
        ago(days=2),
        (form(2, 1),),
    )
    return replace(good, **changes)


def form(given, sent=None):
    """Return the form of a session so many days ago, sent so many days ago."""
    sent_on = None if sent is None else TODAY - timedelta(days=sent)
    return SessionForm(TODAY - timedelta(days=given), sent_on)


def _case(rule, title, outcome, boundary="", **changes):
    facts = enrolled(**changes)
    return Example(rule, title, outcome, lambda book: programme.assess(facts, book, NOW), boundary)


def event(**changes):
    """Return an event that was mild, is over, and was judged not serious."""
    good = AdverseEventFacts(
        NASAL,
        "vomiting",
        began_at=ago(hours=3),
        ended_at=ago(hours=2),
        severity="moderate",
        action="observed",
        outcome=EventOutcome.RECOVERED,
        expectedness="no",
        cause="probably the drug",
        criteria=datum(frozenset()),
        admitted=False,
        emergency_visit=False,
        known_at=ago(hours=3),
    )
    return replace(good, **changes)


def _event(rule, title, found, boundary="", **changes):
    facts = event(**changes)
    return Example(rule, title, found, lambda book: adverse_event.assess(facts, book, NOW), boundary)


def _serious(title, outcome, boundary="", *, known, reported=None, told=None, reviewed=None):
    """An admission known so many hours ago; what was done so many hours after that."""
    at = ago(hours=known)

    def done(hours):
        return None if hours is None else datum("done", at + timedelta(hours=hours))

    changes = {"reported": done(reported), "director_told": done(told), "cause_review": done(reviewed)}
    admitted = datum(frozenset({Criterion.ADMISSION}))
    return _event("SAE-5", title, outcome, boundary, criteria=admitted, admitted=True, known_at=at, **changes)


FORTNIGHT = 14 * 24

EXAMPLES = (
    _case("REMS-1", "certified, and somebody named", S),
    _case("REMS-1", "not certified", V, certified=datum(False)),
    _case("REMS-1", "nobody named", U, representative=None),
    _case("REMS-4", "every topic before the first dose", S),
    _case(
        "REMS-4",
        "one topic left out",
        V,
        counselled=datum(frozenset(programme.topics(BOOK)[1:]), ago(days=3)),
    ),
    _case(
        "REMS-4", "after the first dose", V, counselled=datum(frozenset(programme.topics(BOOK)), ago(days=1))
    ),
    _case("REMS-4", "not recorded", U, counselled=None),
    _case("REMS-5", "signed by both and sent before the first dose", S),
    _case(
        "REMS-5",
        "not signed by the prescriber",
        V,
        enrolment=datum(Enrolment(True, False, True), ago(days=3)),
    ),
    _case("REMS-5", "after the first dose", V, enrolment=datum(Enrolment(True, True, True), ago(days=1))),
    _case("REMS-5", "an inpatient site enrols nobody", S, site=SiteKind.INPATIENT, enrolment=None),
    _case("REMS-5", "not recorded", U, enrolment=None),
    _case("REMS-5", "the form is whole, whatever the kind of site", S, site=None),
    _case(
        "REMS-5",
        "not sent, and the kind of site is not known",
        U,
        site=None,
        enrolment=datum(Enrolment(True, True, False), ago(days=3)),
    ),
    _case("REMS-7", "sent on the seventh day", S, "days_max", sessions=(form(10, 3),)),
    _case("REMS-7", "sent on the eighth day", V, "days_max", sessions=(form(10, 2),)),
    _case("REMS-7", "not sent, the seventh day is today", U, "days_max", sessions=(form(7),)),
    _case("REMS-7", "not sent, the seventh day was yesterday", V, "days_max", sessions=(form(8),)),
    _case("REMS-7", "no session yet", S, sessions=()),
    _case("REMS-7", "an inpatient site sends no form", S, site=SiteKind.INPATIENT, sessions=(form(30),)),
    _event("SAE-1", "judged not serious", S),
    _event(
        "SAE-1", "admitted, and judged so", S, admitted=True, criteria=datum(frozenset({Criterion.ADMISSION}))
    ),
    _event("SAE-1", "admitted, not counted", V, admitted=True),
    _event("SAE-1", "the patient died, not counted", V, outcome=EventOutcome.DIED),
    _event("SAE-1", "an emergency visit, not judged", U, emergency_visit=True, criteria=None),
    _event("SAE-1", "whether the patient was admitted is not known", U, admitted=None),
    _event("SAE-5", "not serious", S),
    _event("SAE-5", "not judged", U, criteria=None),
    _serious(
        "reported after exactly 24 hours", S, "report_max", known=400, reported=24, told=2, reviewed=100
    ),
    _serious("reported after 25 hours", V, "report_max", known=400, reported=25, told=2, reviewed=100),
    _serious("23 hours, not reported yet", U, known=23),
    _serious(
        "reviewed on the fourteenth day", S, "review_max", known=400, reported=1, told=2, reviewed=FORTNIGHT
    ),
    _serious(
        "reviewed an hour later", V, "review_max", known=400, reported=1, told=2, reviewed=FORTNIGHT + 1
    ),
    _serious("not reviewed yet", U, known=100, reported=1, told=2),
    _event("SAE-6", "everything is there", S),
    _event("SAE-6", "it ended before it began", V, ended_at=ago(hours=4)),
    _event("SAE-6", "how severe is missing", U, severity=" "),
    _event("SAE-6", "whether it was to be expected is missing", U, expectedness=""),
)
