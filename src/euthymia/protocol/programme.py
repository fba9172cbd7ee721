"""The safety programme of esketamine: site, counselling, enrolment, and the form after each session.

Where a jurisdiction has no programme nothing is judged. An inpatient site enrols nobody and sends no form.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from euthymia.evidence import Rule, RuleBook
from euthymia.protocol._findings import Datum, Finding, Input, Outcome
from euthymia.protocol._judge import finding, given, moment, stated, worst, yes_or_no
from euthymia.protocol.facts import Product


class SiteKind(StrEnum):
    """How the programme certifies the site."""

    OUTPATIENT = "outpatient"
    INPATIENT = "inpatient"


@dataclass(frozen=True, slots=True)
class Enrolment:
    """A patient's enrolment form."""

    signed_by_patient: bool
    signed_by_prescriber: bool
    sent: bool


@dataclass(frozen=True, slots=True)
class SessionForm:
    """One treated session and when its form reached the programme, as a local date."""

    session_on: date
    sent_on: date | None = None


@dataclass(frozen=True, slots=True)
class ProgrammeFacts:
    """The site, the patient and the sessions. ``counselled`` holds the topics that were covered.

    ``first_dose_at`` is ``None`` before the first dose. ``representative`` is the authorised representative's name.
    """

    product: Product
    site: SiteKind | None = None
    certified: Datum[bool] | None = None
    representative: Datum[str] | None = None
    counselled: Datum[frozenset[str]] | None = None
    enrolment: Datum[Enrolment] | None = None
    first_dose_at: datetime | None = None
    sessions: tuple[SessionForm, ...] = ()


def topics(rules: RuleBook) -> tuple[str, ...]:
    """Return the topics a patient is counselled on; none without a programme."""
    if "REMS-4" not in rules:
        return ()
    value = rules["REMS-4"].thresholds["topics"].value
    return tuple(map(str, value)) if isinstance(value, tuple) else (str(value),)


def form_due(session_on: date, rules: RuleBook) -> date:
    """Return the last local date on which a session's form is in time."""
    return session_on + rules["REMS-7"].duration("days_max")


def reminders(session_on: date, rules: RuleBook) -> tuple[date, ...]:
    """Return the local dates on which a form that has not been sent is reminded of."""
    return tuple(session_on + timedelta(days=int(days)) for days in rules["REMS-7"].numbers("remind_after"))


def assess(facts: ProgrammeFacts, rules: RuleBook, now: datetime) -> tuple[Finding, ...]:
    """Judge the programme; nothing for infusions, or where there is none."""
    if facts.product is not Product.ESKETAMINE_NASAL or "REMS-1" not in rules:
        return ()
    return (
        _site(rules["REMS-1"], facts),
        _counselled(rules["REMS-4"], facts, rules),
        _enrolled(rules["REMS-5"], facts, now),
        _forms(rules["REMS-7"], facts, rules, now.date()),
    )


def _site(rule: Rule, facts: ProgrammeFacts) -> Finding:
    certified, named = facts.certified, facts.representative
    inputs = [given("site certified", certified, show=_yes), given("authorised representative", named)]
    parts = [
        (Outcome.UNKNOWN, "Whether the site is certified is not recorded.")
        if certified is None
        else (yes_or_no(certified.value), f"The site is {'' if certified.value else 'not '}certified."),
        (Outcome.UNKNOWN, "No authorised representative is named.")
        if named is None or not named.value.strip()
        else (Outcome.SATISFIED, f"Authorised representative: {named.value.strip()}."),
    ]
    outcome = worst(outcome for outcome, _ in parts)
    return finding(rule, facts.product, outcome, " ".join(words for _, words in parts), inputs)


def _counselled(rule: Rule, facts: ProgrammeFacts, rules: RuleBook) -> Finding:
    covered, wanted, first = facts.counselled, topics(rules), facts.first_dose_at
    inputs = [given("counselled on", covered, show=lambda done: ", ".join(sorted(done)) or "nothing")]
    if covered is None:
        sentence = "No counselling is recorded."
        return finding(rule, facts.product, Outcome.UNKNOWN, sentence, inputs)
    missing = [topic for topic in wanted if topic not in covered.value]
    late = first is not None and covered.at > first
    if missing:
        sentence = f"Not covered: {', '.join(missing)}."
    else:
        sentence = f"All {len(wanted)} topics were covered{', but after the first dose' if late else ''}."
    return finding(rule, facts.product, yes_or_no(not missing and not late), sentence, inputs)


def enrolled(facts: ProgrammeFacts, rules: RuleBook, now: datetime) -> tuple[Finding, ...]:
    """Judge the enrolment form alone, before a dose; nothing for infusions, or where there is no programme."""
    if facts.product is not Product.ESKETAMINE_NASAL or "REMS-5" not in rules:
        return ()
    return (_enrolled(rules["REMS-5"], facts, now),)


def _enrolled(rule: Rule, facts: ProgrammeFacts, now: datetime) -> Finding:
    form, first = facts.enrolment, facts.first_dose_at
    inputs = [stated("site", facts.site.value if facts.site else None), given("enrolment", form, show=_shown)]
    if facts.site is SiteKind.INPATIENT:
        sentence = "An inpatient site enrols nobody."
        return finding(rule, facts.product, Outcome.SATISFIED, sentence, inputs)
    if form is None:
        sentence = (
            "The kind of site is not known." if facts.site is None else "No enrolment form is recorded."
        )
        return finding(rule, facts.product, Outcome.UNKNOWN, sentence, inputs)
    whole = form.value.signed_by_patient and form.value.signed_by_prescriber and form.value.sent
    late = first is not None and form.at > first
    sentence = f"Enrolment form of {moment(form.at, now)}: {_shown(form.value)}"
    after = "; the first dose was given before" if late else ""
    if facts.site is None and (late or not whole):
        sentence = f"{sentence}{after}. The kind of site is not known: an inpatient site needs none."
        return finding(rule, facts.product, Outcome.UNKNOWN, sentence, inputs)
    return finding(rule, facts.product, yes_or_no(whole and not late), f"{sentence}{after}.", inputs)


def _shown(form: Enrolment) -> str:
    parts = {
        "signed by the patient": form.signed_by_patient,
        "signed by the prescriber": form.signed_by_prescriber,
        "sent": form.sent,
    }
    return ", ".join(words if done else f"not {words}" for words, done in parts.items())


def _forms(rule: Rule, facts: ProgrammeFacts, rules: RuleBook, today: date) -> Finding:
    inputs = [stated("site", facts.site.value if facts.site else None), *map(_form, facts.sessions)]
    if facts.site is SiteKind.INPATIENT or not facts.sessions:
        sentence = "No form is owed." if facts.sessions else "No session has been given."
        return finding(rule, facts.product, Outcome.SATISFIED, sentence, inputs)
    if facts.site is None:
        return finding(rule, facts.product, Outcome.UNKNOWN, "The kind of site is not known.", inputs)
    judged = [(one, form_due(one.session_on, rules)) for one in facts.sessions]
    late = [one for one, due in judged if (one.sent_on or today) > due]
    waiting = [(one, due) for one, due in judged if one.sent_on is None and due >= today]
    if late:
        days = ", ".join(one.session_on.isoformat() for one in late)
        return finding(rule, facts.product, Outcome.VIOLATED, f"Late: the form of {days}.", inputs)
    if waiting:
        days = ", ".join(f"{one.session_on.isoformat()} (by {due.isoformat()})" for one, due in waiting)
        return finding(rule, facts.product, Outcome.UNKNOWN, f"Still to send: the form of {days}.", inputs)
    sentence = f"{len(judged)} forms were sent in time."
    return finding(rule, facts.product, Outcome.SATISFIED, sentence, inputs)


def _form(one: SessionForm) -> Input:
    return stated(f"form of {one.session_on.isoformat()}", one.sent_on or "not sent")


def _yes(value: bool) -> str:
    return "yes" if value else "no"
