"""What check-in asks besides readings: the escort, the programme, pregnancy and the signed instructions."""

from datetime import datetime

from euthymia.evidence import Rule
from euthymia.protocol._conditions import absence, as_input, current_answer
from euthymia.protocol._findings import Datum, Finding, Outcome
from euthymia.protocol._judge import finding, given, moment, same_day
from euthymia.protocol.facts import Condition, Escort, ReadinessFacts


def escort(rule: Rule, facts: ReadinessFacts, now: datetime) -> Finding:
    """Judge the ride home as it is arranged at check-in."""
    inputs = [given("escort", facts.escort, show=lambda one: _show(one, now))]
    outcome, sentence = _arranged(facts.escort, now)
    return finding(rule, facts.product, outcome, sentence, inputs)


def _show(one: Escort, now: datetime) -> str:
    expected = moment(one.expected_at, now) if one.expected_at else "time not known"
    return f"{one.name or 'nobody'}, {one.phone or 'no telephone'}, {expected}"


def _arranged(datum: Datum[Escort] | None, now: datetime) -> tuple[Outcome, str]:
    if datum is None:
        return Outcome.UNKNOWN, "Who takes the patient home is not recorded."
    one = datum.value
    if not one.name.strip():
        return Outcome.VIOLATED, "No adult is named to take the patient home."
    if not one.phone.strip() or one.expected_at is None:
        return Outcome.UNKNOWN, f"{one.name} takes the patient home; the telephone or the time is missing."
    return (
        Outcome.SATISFIED,
        f"{one.name} ({one.phone}) takes the patient home at {moment(one.expected_at, now)}.",
    )


def programme(rule: Rule, facts: ReadinessFacts, now: datetime) -> Finding:
    """Judge the safety programme; the prescriber and the oximeter count only for today."""
    asked = facts.programme
    parts = {
        "site certified": asked.site_certified,
        "patient enrolled": asked.patient_enrolled,
        "prescriber on site": _of_today(asked.prescriber_on_site, now),
        "pulse oximeter at hand": _of_today(asked.oximeter_available, now),
    }
    inputs = [given(name, part, show=_yes_no) for name, part in parts.items()]
    absent = [name for name, part in parts.items() if part is not None and not part.value]
    unknown = [name for name, part in parts.items() if part is None]
    if absent:
        return finding(rule, facts.product, Outcome.VIOLATED, f"Not so: {', '.join(absent)}.", inputs)
    if unknown:
        return finding(
            rule, facts.product, Outcome.UNKNOWN, f"Not known today: {', '.join(unknown)}.", inputs
        )
    return finding(rule, facts.product, Outcome.SATISFIED, f"All hold: {', '.join(parts)}.", inputs)


def _yes_no(value: bool) -> str:
    return "yes" if value else "no"


def _of_today(datum: Datum[bool] | None, now: datetime) -> Datum[bool] | None:
    return datum if datum and same_day(datum.at, now) else None


def pregnancy(rule: Rule, facts: ReadinessFacts, now: datetime) -> Finding:
    """Judge pregnancy: a positive test decides; otherwise a possible one needs a negative test.

    A yes of any day counts; that pregnancy is not possible counts on the day it was said.
    """
    answer = current_answer(facts.conditions, Condition.PREGNANCY_POSSIBLE)
    test, oldest = facts.pregnancy_test, rule.duration("test_age_max")
    inputs = [
        as_input(Condition.PREGNANCY_POSSIBLE, answer),
        given("pregnancy test", test, show=_test_result),
    ]
    if test and test.value:
        outcome, sentence = Outcome.VIOLATED, f"The pregnancy test was positive {moment(test.at, now)}."
    elif answer and absence(answer) is Outcome.SATISFIED:
        today = answer.at is not None and same_day(answer.at, now)
        outcome = Outcome.SATISFIED if today else Outcome.UNKNOWN
        sentence = (
            f"Pregnancy is not possible ({answer.basis.strip()}){'' if today else '; not asked today'}."
        )
    elif answer is None or absence(answer) is Outcome.UNKNOWN:
        outcome, sentence = Outcome.UNKNOWN, "Whether pregnancy is possible is not known."
    elif test is None:
        outcome, sentence = Outcome.UNKNOWN, "Pregnancy is possible and no test is recorded."
    elif now - test.at > oldest:
        outcome = Outcome.VIOLATED
        sentence = (
            f"Pregnancy is possible; the last test, {moment(test.at, now)}, is over {oldest.days} days old."
        )
    else:
        outcome = Outcome.SATISFIED
        sentence = f"Pregnancy is possible; the test {moment(test.at, now)} was negative."
    return finding(rule, facts.product, outcome, sentence, inputs)


def pregnant(rule: Rule, facts: ReadinessFacts, now: datetime) -> tuple[Finding, ...]:
    """Judge a contraindication against a positive test: what was answered at referral no longer holds."""
    test = facts.pregnancy_test
    if test is None or not test.value:
        return ()
    sentence = f"The pregnancy test was positive {moment(test.at, now)}, whatever was answered before."
    inputs = [given("pregnancy test", test, show=_test_result)]
    return (finding(rule, facts.product, Outcome.VIOLATED, sentence, inputs),)


def _test_result(positive: bool) -> str:
    return "positive" if positive else "negative"


def instructions(rule: Rule, facts: ReadinessFacts, now: datetime) -> Finding:
    """Judge whether the going-home instructions were signed today, before the dose clouds judgement."""
    signed = facts.instructions_signed
    inputs = [given("instructions signed", signed)]
    if signed is None:
        outcome, sentence = Outcome.UNKNOWN, "The patient has not signed the instructions for going home."
    elif not same_day(signed.at, now):
        outcome = Outcome.VIOLATED
        sentence = f"The instructions for going home were last signed {moment(signed.at, now)}, not today."
    else:
        outcome = Outcome.SATISFIED
        sentence = (
            f"At {moment(signed.at, now)} the patient signed not to drive or do anything hazardous before "
            "the stated time, and only after a full night's sleep and feeling fully alert."
        )
    return finding(rule, facts.product, outcome, sentence, inputs)
