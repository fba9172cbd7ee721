"""What intravenous ketamine is given for, off label: what must be recorded for each indication."""

from collections.abc import Iterable
from datetime import datetime

from euthymia.evidence import Rule, RuleBook
from euthymia.protocol._conditions import as_input, current_answer
from euthymia.protocol._findings import Answer, Finding, Input, Outcome
from euthymia.protocol._judge import finding, given, stated, worst, yes_or_no
from euthymia.protocol._trials import resistance
from euthymia.protocol.facts import (
    Condition,
    EarlierTreatment,
    EligibilityFacts,
    Indication,
    IndicationScore,
    TrialOutcome,
)

_DIAGNOSIS = {
    Indication.PTSD: ("IV-IND-2", Condition.POST_TRAUMATIC_STRESS),
    Indication.OCD: ("IV-IND-3", Condition.OBSESSIVE_COMPULSIVE),
    Indication.ANXIETY: ("IV-IND-4", Condition.ANXIETY_DISORDER),
    Indication.PAIN: ("IV-IND-5", Condition.CHRONIC_PAIN),
}


def diagnosis_of(indication: Indication) -> Condition:
    """Return the diagnosis an indication rests on."""
    return _DIAGNOSIS[indication][1] if indication in _DIAGNOSIS else Condition.MAJOR_DEPRESSION


def off_label_use(facts: EligibilityFacts, rules: RuleBook, now: datetime) -> Finding:
    """Judge the indication; acute suicidal ideation is judged as the depression it belongs to."""
    if facts.indication not in _DIAGNOSIS:
        return resistance(rules["IV-IND-1"], facts, oral_only=False)
    identifier, diagnosis = _DIAGNOSIS[facts.indication]
    rule, answer = rules[identifier], current_answer(facts.conditions, diagnosis)
    parts = [
        _diagnosed(diagnosis, answer.answer if answer else None),
        _treated(rule, facts),
        _scored(rule, facts, now),
    ]
    inputs = [
        as_input(diagnosis, answer),
        *(_as_input(one) for one in facts.treatments if one.indication is facts.indication),
        given("score", facts.score, "{score}", _shown),
    ]
    sentence = " ".join(words for _, words in parts)
    return finding(rule, facts.product, worst(outcome for outcome, _ in parts), sentence, inputs)


def _diagnosed(condition: Condition, answer: Answer | None) -> tuple[Outcome, str]:
    name = f"{condition.value[0].upper()}{condition.value[1:]}"
    if answer is None or answer is Answer.NOT_ASKED:
        return Outcome.UNKNOWN, f"{name}: whether it is diagnosed is not recorded."
    diagnosed = answer is Answer.YES
    return yes_or_no(diagnosed), f"{name} is {'' if diagnosed else 'not '}diagnosed."


def counts_as_failed(treatment: EarlierTreatment) -> Outcome:
    """Tell whether an earlier treatment counts as a first-line treatment that failed."""
    if treatment.first_line is False or treatment.adequate is False:
        return Outcome.VIOLATED
    if treatment.outcome is not None and treatment.outcome is not TrialOutcome.INADEQUATE:
        return Outcome.VIOLATED
    known = treatment.first_line and treatment.adequate and treatment.outcome is not None
    return Outcome.SATISFIED if known else Outcome.UNKNOWN


def _treated(rule: Rule, facts: EligibilityFacts) -> tuple[Outcome, str]:
    about = [one for one in facts.treatments if one.indication is facts.indication]
    failed = _names(one for one in about if counts_as_failed(one) is Outcome.SATISFIED)
    possible = _names(one for one in about if counts_as_failed(one) is not Outcome.VIOLATED)
    needed = rule.integer("failures_min")
    sentence = f"{len(failed)} of the {needed} failed first-line treatments are shown."
    if len(failed) >= needed:
        return Outcome.SATISFIED, sentence
    if not about or len(possible) >= needed:
        return Outcome.UNKNOWN, sentence
    return Outcome.VIOLATED, sentence


def _names(treatments: Iterable[EarlierTreatment]) -> set[str]:
    return {one.treatment.strip().casefold() for one in treatments}


def _scored(rule: Rule, facts: EligibilityFacts, now: datetime) -> tuple[Outcome, str]:
    score = facts.score if facts.score and facts.score.value.indication is facts.indication else None
    if score is None:
        return Outcome.UNKNOWN, "Its own scale has not been scored."
    days = (now.date() - score.at.astimezone(now.tzinfo).date()).days
    most = rule.integer("score_age_max")
    sentence = f"{score.value.instrument} was scored {days} days ago; at most {most}."
    return yes_or_no(days <= most), sentence


def _shown(score: IndicationScore) -> str:
    return f"{score.instrument}: {score.total}"


def _as_input(treatment: EarlierTreatment) -> Input:
    words = {
        Outcome.SATISFIED: "a first-line treatment that failed",
        Outcome.VIOLATED: "does not count",
        Outcome.UNKNOWN: "not known whether it counts",
    }[counts_as_failed(treatment)]
    return stated(f"treatment: {treatment.treatment}", words, "", treatment.at, treatment.origin)
