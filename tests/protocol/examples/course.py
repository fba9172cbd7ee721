"""Worked examples of the rules about who may be treated, consent, and going on after induction."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from tests.protocol.examples._example import Example, S, U, V
from tests.protocol.people import (
    IV,
    NASAL,
    NOW,
    SECOND_TRIAL,
    TRIAL,
    ago,
    answers,
    candidate,
    consented,
    datum,
    no,
    not_asked,
    yes,
)

from euthymia.protocol import (
    Benefit,
    BenefitDecision,
    Condition,
    ConsentSignature,
    ContinuationFacts,
    PartialDate,
    TrialOutcome,
    consent,
    continuation,
    eligibility,
)


def _suits(facts):
    return lambda book: eligibility.assess(facts, book, NOW)


def _resistant(rule, product):
    def case(title, outcome, second, boundary=""):
        return Example(rule, title, outcome, _suits(candidate(product, trials=(TRIAL, second))), boundary)

    def whole(title, outcome, boundary="", **changes):
        return Example(rule, title, outcome, _suits(candidate(product, **changes)), boundary)

    second = SECOND_TRIAL
    return (
        case("two adequate failures of different drugs", S, second, "failures_min"),
        whole("one adequate failure", V, "failures_min", trials=(TRIAL,)),
        case("the same drug twice counts once", V, replace(second, drug=" Sertraline ")),
        case("exactly 6 weeks is long enough", S, replace(second, weeks=Decimal(6)), "weeks_min"),
        case("just under 6 weeks is not", V, replace(second, weeks=Decimal("5.9")), "weeks_min"),
        case(
            "an improvement of exactly 25 %",
            S,
            replace(second, improvement_percent=Decimal(25)),
            "improvement_max",
        ),
        case(
            "an improvement of 26 %", V, replace(second, improvement_percent=Decimal(26)), "improvement_max"
        ),
        case("the second drug was not tolerated", V, replace(second, outcome=TrialOutcome.INTOLERANT)),
        case("the second drug worked", V, replace(second, outcome=TrialOutcome.RESPONDED)),
        case("the second dose was too low", V, replace(second, dose_adequate=False)),
        case("the second drug was not taken as prescribed", V, replace(second, adherent=False)),
        case("whether it was taken is not known", U, replace(second, adherent=None)),
        case("too short, whatever else is not known", V, replace(second, weeks=Decimal(2), adherent=None)),
        case("the second was only added to an antidepressant", V, replace(second, antidepressant=False)),
        case(
            "whether the second is an antidepressant is not known",
            U,
            replace(second, drug="a green tablet", antidepressant=None),
        ),
        case("the list's least dose is reached", S, _taken(second, "150")),
        case("the dose is under the list's least one", V, _taken(second, "149.9")),
        case("entered as adequate, though the list says too low", U, _taken(second, "75", adequate=True)),
        case(
            "the dose is in another unit than the list's", U, replace(_taken(second, "4"), dose_unit="mmol/L")
        ),
        case("two names of one drug count once", V, replace(second, drug="Zoloft 50 mg")),
        case("its dates allow 6 weeks at least", S, _dated(second, "2025-01-01", "2025-02-12"), "weeks_min"),
        case("its dates allow less than 6 weeks", V, _dated(second, "2025-01-01", "2025-02-11"), "weeks_min"),
        case("its months leave open whether it was 6 weeks", U, _dated(second, "2025-01", "2025-03")),
        case("its years allow nothing but more than 6 weeks", S, _dated(second, "2023", "2025")),
        case(
            "more weeks are entered than its dates allow", U, _dated(second, "2025-01", "2025-02", weeks=30)
        ),
        case("the prescriber judges that it counts", S, _judged(replace(second, weeks=None), True)),
        case("the prescriber judges that it does not count", V, _judged(second, False)),
        whole("no trial is recorded", U, trials=()),
        whole("the diagnosis was never asked", U, conditions=answers(not_asked(Condition.MAJOR_DEPRESSION))),
        whole("the depression is not major", V, conditions=answers(no(Condition.MAJOR_DEPRESSION))),
    )


def _taken(trial, amount, adequate=None):
    return replace(trial, dose_amount=Decimal(amount), dose_unit="mg/d", dose_adequate=adequate)


def _dated(trial, started, stopped, weeks=None):
    return replace(
        trial,
        weeks=weeks and Decimal(weeks),
        started=PartialDate.parse(started),
        stopped=PartialDate.parse(stopped),
    )


def _judged(trial, counts):
    return replace(trial, judged=counts, judged_reason="the discharge letter says so")


def _aged(rule, product):
    def born(day):
        return _suits(candidate(product, birth_date=datum(day) if day else None))

    return (
        Example(rule, "the eighteenth birthday is today", S, born(date(2008, 3, 3)), "age_min"),
        Example(rule, "the eighteenth birthday is tomorrow", V, born(date(2008, 3, 4)), "age_min"),
        Example(rule, "born on 29 February, 18 on 1 March", S, born(date(2008, 2, 29))),
        Example(rule, "the date of birth is not known", U, born(None)),
    )


def _absent(rule, condition, product):
    def asked(*given):
        return _suits(candidate(product, conditions=given))

    return (
        Example(
            rule,
            "none known, and how we know",
            S,
            asked(no(condition, "asked; CT of 2023"), *_rest(condition)),
        ),
        Example(rule, "the patient has it", V, asked(yes(condition, "letter of 2021"), *_rest(condition))),
        Example(
            rule, "a yes outweighs an earlier no", V, asked(no(condition), yes(condition), *_rest(condition))
        ),
        Example(rule, "nobody asked", U, asked(not_asked(condition), *_rest(condition))),
        Example(rule, "the question is not on record", U, asked(*_rest(condition))),
        Example(rule, "none known, but no word how we know", U, asked(no(condition, " "), *_rest(condition))),
    )


def _rest(condition):
    return tuple(answer for answer in answers() if answer.condition is not condition)


def _consents(title, outcome, rule="CON-1", **changes):
    return Example(rule, title, outcome, lambda book: consent.assess(consented(**changes), book, NOW))


def _signed(product=NASAL, version="1", capacity=True, understood=True):
    return datum(ConsentSignature(product, version, capacity, understood), ago(days=7))


def _benefit(decision, sessions):
    return BenefitDecision(decision, sessions, ago(days=1), "Dr A. Lind")


def _goes_on(title, outcome, session, decision=None, boundary=""):
    facts = ContinuationFacts(NASAL, session, decision)
    return Example("MBC-1", title, outcome, lambda book: continuation.assess(facts, book, NOW), boundary)


EXAMPLES = (
    *_resistant("IND-US-1", NASAL),
    Example(
        "IND-US-1",
        "the second treatment was not oral",
        V,
        _suits(candidate(trials=(TRIAL, replace(SECOND_TRIAL, oral=False)))),
    ),
    *_resistant("IV-IND-1", IV),
    *_aged("IND-US-4", NASAL),
    *_aged("IV-CI-18", IV),
    *_absent("CI-1", Condition.ANEURYSMAL_DISEASE, NASAL),
    *_absent("CI-2", Condition.ARTERIOVENOUS_MALFORMATION, NASAL),
    *_absent("CI-3", Condition.INTRACEREBRAL_HAEMORRHAGE, NASAL),
    *_absent("CI-4", Condition.HYPERSENSITIVITY, NASAL),
    *_absent("IV-CI-1", Condition.PRESSURE_RISK, IV),
    *_absent("IV-CI-2", Condition.HYPERSENSITIVITY, IV),
    *_absent("IV-CI-3", Condition.UNSTABLE_CARDIOVASCULAR, IV),
    *_absent("IV-CI-4", Condition.UNCONTROLLED_HYPERTENSION, IV),
    *_absent("IV-CI-5", Condition.PSYCHOSIS_OR_MANIA, IV),
    *_absent("IV-CI-9", Condition.PREGNANCY_OR_LACTATION, IV),
    *_absent("IV-CI-12", Condition.ARTERIOVENOUS_MALFORMATION, IV),
    _consents("what the patient said back was not understood", V, signed=_signed(understood=False)),
    _consents("answers were not judged one by one then", S, signed=_signed(understood=None)),
    _consents("signed with capacity and not withdrawn", S),
    _consents("withdrawn after it was signed", V, withdrawn=datum("I would rather not", ago(days=1))),
    _consents("signed again after a withdrawal", S, withdrawn=datum("not yet", ago(days=30))),
    _consents("the consent is to the other product", V, signed=_signed(product=IV)),
    _consents("capacity was not confirmed", V, signed=_signed(capacity=False)),
    _consents("capacity is not recorded", U, signed=_signed(capacity=None)),
    _consents("nothing is signed", U, signed=None),
    _consents("the text signed is the current one", S, rule="CON-2"),
    _consents("a newer text is in use", V, rule="CON-2", current_text_version="2"),
    _consents("nothing is signed", U, rule="CON-2", signed=None),
    _goes_on("session 8 is the last of induction", S, 8, boundary="induction_sessions"),
    _goes_on("session 9 without a decision", U, 9, boundary="induction_sessions"),
    _goes_on(
        "session 9 after a decision to continue", S, 9, _benefit(Benefit.CONTINUE, 8), "induction_sessions"
    ),
    _goes_on("session 9 after a decision to stop", V, 9, _benefit(Benefit.STOP, 8)),
    _goes_on(
        "session 9, decided after 7 sessions", V, 9, _benefit(Benefit.CONTINUE, 7), "induction_sessions"
    ),
)
