"""Treatment resistance: which antidepressant trials count as adequate failures, and why the others do not."""

from collections.abc import Iterable

from euthymia.evidence import Rule
from euthymia.protocol._conditions import as_input, current_answer
from euthymia.protocol._findings import Answer, Finding, Input, Outcome
from euthymia.protocol._judge import finding, worst
from euthymia.protocol.facts import AntidepressantTrial, Condition, EligibilityFacts, TrialOutcome


def judge_trial(trial: AntidepressantTrial, rule: Rule, *, oral_only: bool) -> tuple[Outcome, str]:
    """Tell whether one trial is an adequate failure, with the reason.

    What rules a trial out decides before what is not known about it.
    """
    against, unknown = _against(trial, rule, oral_only), _unknown(trial, oral_only)
    if against:
        return Outcome.VIOLATED, ", ".join(against)
    if unknown:
        return Outcome.UNKNOWN, f"not known: {', '.join(unknown)}"
    return Outcome.SATISFIED, f"an adequate failure over {trial.weeks} weeks"


def _against(trial: AntidepressantTrial, rule: Rule, oral_only: bool) -> list[str]:
    weeks, most = rule.number("weeks_min"), rule.number("improvement_max")
    reasons = []
    if trial.antidepressant is False:
        reasons.append("it is no antidepressant of its own")
    if trial.outcome is TrialOutcome.RESPONDED:
        reasons.append("it worked")
    if trial.outcome is TrialOutcome.INTOLERANT:
        reasons.append("it was not tolerated")
    if trial.improvement_percent is not None and trial.improvement_percent > most:
        reasons.append(f"it improved by {trial.improvement_percent} %, more than {most} %")
    if oral_only and trial.oral is False:
        reasons.append("it was not oral")
    if trial.dose_adequate is False:
        reasons.append("the dose was too low")
    if trial.weeks is not None and trial.weeks < weeks:
        reasons.append(f"it lasted {trial.weeks} weeks, less than {weeks}")
    if trial.adherent is False:
        reasons.append("it was not taken as prescribed")
    return reasons


def _unknown(trial: AntidepressantTrial, oral_only: bool) -> list[str]:
    parts = {
        "whether it is an antidepressant": trial.antidepressant,
        "the outcome": trial.outcome,
        "whether it was oral": trial.oral if oral_only else True,
        "whether the dose was adequate": trial.dose_adequate,
        "the length": trial.weeks,
        "whether it was taken as prescribed": trial.adherent,
    }
    return [name for name, value in parts.items() if value is None]


def resistance(rule: Rule, facts: EligibilityFacts, *, oral_only: bool) -> Finding:
    """Judge depression that resisted treatment: the diagnosis, and enough different drugs that failed."""
    judged = [(trial, *judge_trial(trial, rule, oral_only=oral_only)) for trial in facts.trials]
    failed = _drugs(trial for trial, outcome, _ in judged if outcome is Outcome.SATISFIED)
    possible = _drugs(trial for trial, outcome, _ in judged if outcome is not Outcome.VIOLATED)
    needed = rule.integer("failures_min")
    if len(failed) >= needed:
        counted = Outcome.SATISFIED
    elif len(possible) >= needed or not judged:
        counted = Outcome.UNKNOWN
    else:
        counted = Outcome.VIOLATED
    answer = current_answer(facts.conditions, Condition.MAJOR_DEPRESSION)
    sentence = f"{_diagnosis(answer.answer if answer else None)} {_count(len(failed), needed, judged)}"
    inputs = [as_input(Condition.MAJOR_DEPRESSION, answer), *(_as_input(*entry) for entry in judged)]
    outcome = worst([counted, _DIAGNOSED[answer.answer if answer else Answer.NOT_ASKED]])
    return finding(rule, facts.product, outcome, sentence, inputs)


_DIAGNOSED = {
    Answer.YES: Outcome.SATISFIED,
    Answer.NONE_KNOWN: Outcome.VIOLATED,
    Answer.NOT_ASKED: Outcome.UNKNOWN,
}


def _diagnosis(answer: Answer | None) -> str:
    if answer is Answer.YES:
        return "Major depressive disorder is diagnosed."
    if answer is Answer.NONE_KNOWN:
        return "Major depressive disorder is not diagnosed."
    return "Whether this is major depressive disorder is not recorded."


def _count(failed: int, needed: int, judged: list[tuple[AntidepressantTrial, Outcome, str]]) -> str:
    if not judged:
        return "No antidepressant trial is recorded."
    reasons = "; ".join(f"{trial.drug.strip()}: {reason}" for trial, _, reason in judged)
    return f"{failed} of the {needed} required adequate failures of different drugs are shown ({reasons})."


def _drugs(trials: Iterable[AntidepressantTrial]) -> set[str]:
    return {trial.drug.strip().casefold() for trial in trials}


def _as_input(trial: AntidepressantTrial, outcome: Outcome, reason: str) -> Input:
    weeks = "length not known" if trial.weeks is None else f"{trial.weeks} weeks"
    return Input(f"trial: {trial.drug}", f"{trial.dose}, {weeks}: {reason}", "", trial.at, trial.origin)
