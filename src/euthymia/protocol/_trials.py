"""Treatment resistance: which antidepressant trials count as adequate failures, and why the others do not."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal

from euthymia.evidence import Family, Rule, Treatment, find_treatment, least_course, treatments
from euthymia.protocol._conditions import as_input, current_answer
from euthymia.protocol._findings import Answer, Finding, Input, Outcome
from euthymia.protocol._judge import finding, worst
from euthymia.protocol._partial_dates import PartialDate, Span, span_between
from euthymia.protocol.facts import AntidepressantTrial, Condition, EligibilityFacts, TrialOutcome


@dataclass(frozen=True, slots=True)
class Part:
    """One thing a trial is judged on, with the words that say how it came out."""

    outcome: Outcome
    words: str


@dataclass(frozen=True, slots=True)
class TrialJudgement:
    """Whether a trial is an adequate failure: what is computed, and the prescriber's own judgement beside it."""

    trial: AntidepressantTrial
    computed: Outcome
    computed_reason: str
    open_parts: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The drug as the list names it, else as it was typed."""
        entry = listed(self.trial)
        return entry.name if entry else self.trial.drug.strip()

    @property
    def key(self) -> str:
        """What makes it a different drug from another: the code, else the name as typed."""
        entry = listed(self.trial)
        return entry.code if entry else self.trial.drug.strip().casefold()

    @property
    def is_own(self) -> bool:
        """Whether the prescriber judged it otherwise than it is computed."""
        return self.trial.judged is not None and self.outcome is not self.computed

    @property
    def outcome(self) -> Outcome:
        """The prescriber's judgement where there is one, else what is computed."""
        if self.trial.judged is None:
            return self.computed
        return Outcome.SATISFIED if self.trial.judged else Outcome.VIOLATED

    @property
    def reason(self) -> str:
        """Why, in words that stand after the drug's name."""
        if not self.is_own:
            return self.computed_reason
        said = "counts" if self.trial.judged else "does not count"
        why = self.trial.judged_reason.strip() or "no reason on record"
        return f"the prescriber judged that it {said} ({why}); computed: {self.computed_reason}"


def listed(trial: AntidepressantTrial) -> Treatment | None:
    """Return the entry of the list that a trial names, by its code or by the name that was typed."""
    return treatments().get(trial.code) or find_treatment(trial.drug)


def judge_trial(trial: AntidepressantTrial, rule: Rule, *, oral_only: bool) -> TrialJudgement:
    """Tell whether one trial is an adequate failure, with the reason.

    What rules a trial out decides before what is not known about it.
    """
    parts = [judge(trial, rule, oral_only) for judge in _PARTS]
    against = [part.words for part in parts if part.outcome is Outcome.VIOLATED]
    unknown = [part.words for part in parts if part.outcome is Outcome.UNKNOWN]
    if against:
        return TrialJudgement(trial, Outcome.VIOLATED, ", ".join(against))
    if unknown:
        return TrialJudgement(trial, Outcome.UNKNOWN, f"not known: {', '.join(unknown)}", tuple(unknown))
    span = length(trial)
    weeks = span.words if span else ""
    return TrialJudgement(trial, Outcome.SATISFIED, f"an adequate failure over {weeks} weeks")


def asks_oral(rule: Rule) -> bool:
    """Whether a rule counts drugs taken by mouth alone."""
    only = rule.thresholds.get("oral_only")
    return only is not None and only.value is True


def length(trial: AntidepressantTrial) -> Span | None:
    """Return how many weeks a trial lasted: those entered, else what its dates tell; ``None`` if neither does."""
    if trial.weeks is not None:
        return Span(trial.weeks, trial.weeks)
    return _by_dates(trial)


def _by_dates(trial: AntidepressantTrial) -> Span | None:
    stopped = trial.stopped
    if stopped is None and trial.ongoing and trial.at is not None:
        stopped = PartialDate.of(trial.at.date())  # it was still taken when it was entered
    return span_between(trial.started, stopped) if trial.started and stopped else None


# --- the parts of an adequate failure ---------------------------------------------------------------------
def _kind(trial: AntidepressantTrial, _: Rule, __: bool) -> Part:
    entry = listed(trial)
    if trial.antidepressant is False or (entry and not entry.family.is_antidepressant):
        return Part(Outcome.VIOLATED, "it is no antidepressant of its own")
    if trial.antidepressant is None and entry is None:
        return Part(Outcome.UNKNOWN, "whether it is an antidepressant")
    return _FINE


def _result(trial: AntidepressantTrial, rule: Rule, _: bool) -> Part:
    most = rule.number("improvement_max")
    improved = trial.improvement_percent
    against = [_NO_FAILURE[trial.outcome]] if trial.outcome in _NO_FAILURE else []
    if improved is not None and improved > most:
        against.append(f"it improved by {improved} %, more than {most} %")
    if against:
        return Part(Outcome.VIOLATED, ", ".join(against))
    return Part(Outcome.UNKNOWN, "the outcome") if trial.outcome is None else _FINE


def _route(trial: AntidepressantTrial, _: Rule, oral_only: bool) -> Part:
    if not oral_only:
        return _FINE
    if trial.oral is False:
        return Part(Outcome.VIOLATED, "it was not oral")
    return Part(Outcome.UNKNOWN, "whether it was oral") if trial.oral is None else _FINE


def _episode(trial: AntidepressantTrial, rule: Rule, _: bool) -> Part:
    only = rule.thresholds.get("present_episode_only")
    if only is None or only.value is not True or trial.current_episode:
        return _FINE
    if trial.current_episode is None:
        return Part(Outcome.UNKNOWN, "whether it was in the present episode")
    return Part(Outcome.VIOLATED, "it was before the present episode")


def _dose(trial: AntidepressantTrial, _: Rule, __: bool) -> Part:
    if trial.dose_adequate is False:
        return Part(Outcome.VIOLATED, "the dose was too low")
    enough, words = dose_against_list(trial)
    if enough is None:
        return _FINE if trial.dose_adequate else Part(Outcome.UNKNOWN, "whether the dose was adequate")
    if enough:
        return _FINE
    if trial.dose_adequate:
        return Part(Outcome.UNKNOWN, f"whether the dose was adequate (entered as adequate, but {words})")
    return Part(Outcome.VIOLATED, f"the dose was too low ({words})")


def dose_against_list(trial: AntidepressantTrial) -> tuple[bool | None, str]:
    """Hold the dose against the list's least one: whether it reaches it, and both in words.

    ``None`` where the list names no least dose, the dose is not known, or their units differ.
    """
    entry = listed(trial)
    least = entry.least_dose if entry else None
    if least is None or trial.dose_amount is None or trial.dose_unit != least.unit:
        return None, ""
    words = f"{trial.dose_amount.normalize():f} of at least {least.value:g} {_PRINTED.get(least.unit, least.unit)}"
    return float(trial.dose_amount) >= least.value, words


def _length(trial: AntidepressantTrial, rule: Rule, _: bool) -> Part:
    least = rule.number("weeks_min")
    span, dates = length(trial), _by_dates(trial)
    if trial.weeks is not None and dates is not None and trial.weeks > dates.high:
        return Part(
            Outcome.UNKNOWN,
            f"the length (entered as {trial.weeks} weeks, but its dates allow {dates.words})",
        )
    if span is None:
        return Part(Outcome.UNKNOWN, "the length")
    if span.high < least:
        return Part(Outcome.VIOLATED, f"it lasted {span.words} weeks, less than {least}")
    if span.low < least:
        return Part(Outcome.UNKNOWN, f"the length ({span.words} weeks by its dates, {least} are needed)")
    return _FINE


def _adherence(trial: AntidepressantTrial, _: Rule, __: bool) -> Part:
    if trial.adherent is False:
        return Part(Outcome.VIOLATED, "it was not taken as prescribed")
    return Part(Outcome.UNKNOWN, "whether it was taken as prescribed") if trial.adherent is None else _FINE


_FINE = Part(Outcome.SATISFIED, "")
_PRINTED = {"mg/d": "mg a day", "ug/d": "µg a day"}
_NO_FAILURE: dict[TrialOutcome | None, str] = {
    TrialOutcome.RESPONDED: "it worked",
    TrialOutcome.INTOLERANT: "it was not tolerated",
}
_PARTS: tuple[Callable[[AntidepressantTrial, Rule, bool], Part], ...] = (
    _kind,
    _result,
    _route,
    _episode,
    _dose,
    _length,
    _adherence,
)


# --- what they show together --------------------------------------------------------------------------------
def resistance(rule: Rule, facts: EligibilityFacts, *, oral_only: bool) -> Finding:
    """Judge depression that resisted treatment: the diagnosis, and enough different drugs that failed."""
    judged = [judge_trial(trial, rule, oral_only=oral_only) for trial in facts.trials]
    failed, possible = failed_drugs(judged), possible_drugs(judged)
    needed = rule.integer("failures_min")
    if len(failed) >= needed:
        counted = Outcome.SATISFIED
    elif len(possible) >= needed or not judged:
        counted = Outcome.UNKNOWN
    else:
        counted = Outcome.VIOLATED
    answer = current_answer(facts.conditions, Condition.MAJOR_DEPRESSION)
    sentence = f"{_diagnosis(answer.answer if answer else None)} {_count(len(failed), needed, judged)}"
    inputs = [as_input(Condition.MAJOR_DEPRESSION, answer), *map(_as_input, judged)]
    outcome = worst([counted, _DIAGNOSED[answer.answer if answer else Answer.NOT_ASKED]])
    return finding(rule, facts.product, outcome, sentence, inputs)


def failed_drugs(judged: Iterable[TrialJudgement]) -> set[str]:
    """The different drugs of which an adequate failure is shown."""
    return {each.key for each in judged if each.outcome is Outcome.SATISFIED}


def possible_drugs(judged: Iterable[TrialJudgement]) -> set[str]:
    """The different drugs of which an adequate failure is shown or may still turn out."""
    return {each.key for each in judged if each.outcome is not Outcome.VIOLATED}


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


def _count(failed: int, needed: int, judged: list[TrialJudgement]) -> str:
    if not judged:
        return "No antidepressant trial is recorded."
    reasons = "; ".join(f"{each.name}: {each.reason}" for each in judged)
    return f"{failed} of the {needed} required adequate failures of different drugs are shown ({reasons})."


def _as_input(judged: TrialJudgement) -> Input:
    trial, span = judged.trial, length(judged.trial)
    weeks = "length not known" if span is None else f"{span.words} weeks"
    dose = trial.dose or (f"{trial.sessions} sessions" if trial.sessions else "dose not known")
    return Input(f"trial: {trial.drug}", f"{dose}, {weeks}: {judged.reason}", "", trial.at, trial.origin)


def course(trial: AntidepressantTrial) -> Part | None:
    """Judge a course that is no antidepressant trial by its least sessions or weeks; ``None`` where none is stated."""
    entry = listed(trial)
    least = least_course(entry.family) if entry else None
    if entry is None or least is None:
        return None
    if entry.family.in_sessions:
        had, unit = (
            Span(Decimal(trial.sessions), Decimal(trial.sessions)) if trial.sessions else None,
            "sessions",
        )
    else:
        had, unit = length(trial), "weeks"
    wanted = f"a course counts from {least.value:g} {unit} on"
    if had is None:
        return Part(Outcome.UNKNOWN, f"the number of {unit} is not known; {wanted}")
    words = f"{had.words} {unit}; {wanted}"
    if float(had.high) < least.value:
        return Part(Outcome.VIOLATED, words)
    return Part(Outcome.SATISFIED if float(had.low) >= least.value else Outcome.UNKNOWN, words)


def is_bilateral_ect(trial: AntidepressantTrial) -> bool | None:
    """Whether a trial is bilateral electroconvulsive therapy; ``None`` where the placement is not known."""
    entry = listed(trial)
    return trial.bilateral if entry and entry.family is Family.ECT else False
