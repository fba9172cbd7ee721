"""Proving treatment resistance: each trial judged, and what is still missing."""

from collections.abc import Iterable
from dataclasses import dataclass

from euthymia.evidence import Rule, RuleBook
from euthymia.protocol._findings import Outcome
from euthymia.protocol._trials import Part as Part
from euthymia.protocol._trials import TrialJudgement as TrialJudgement
from euthymia.protocol._trials import asks_oral, failed_drugs, judge_trial, possible_drugs
from euthymia.protocol._trials import course as course
from euthymia.protocol._trials import dose_against_list as dose_against_list
from euthymia.protocol._trials import length as length
from euthymia.protocol._trials import listed as listed
from euthymia.protocol.facts import AntidepressantTrial, Product


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a history shows under one rule. ``missing`` is empty once resistance is shown."""

    rule: Rule
    judged: tuple[TrialJudgement, ...]
    failed: int
    needed: int
    missing: tuple[str, ...]

    @property
    def is_shown(self) -> bool:
        """Whether enough different drugs failed."""
        return self.failed >= self.needed


def indication_rule(book: RuleBook, product: Product) -> Rule | None:
    """Return the rule by which resistance is judged for ``product``; ``None`` where the book has none."""
    wanted = {"failures_min", "weeks_min", "improvement_max"}
    found = (
        rule for rule in book.values() if product.value in rule.products and wanted <= set(rule.thresholds)
    )
    return next(found, None)


def weigh(trials: Iterable[AntidepressantTrial], rule: Rule) -> Evidence:
    """Judge every trial under ``rule`` and say what is missing to show resistance."""
    judged = tuple(judge_trial(trial, rule, oral_only=asks_oral(rule)) for trial in trials)
    failed, needed = failed_drugs(judged), rule.integer("failures_min")
    return Evidence(
        rule=rule,
        judged=judged,
        failed=len(failed),
        needed=needed,
        missing=() if len(failed) >= needed else _missing(judged, failed, needed),
    )


def _missing(judged: tuple[TrialJudgement, ...], failed: set[str], needed: int) -> tuple[str, ...]:
    open_ones = [each for each in judged if each.outcome is Outcome.UNKNOWN and each.key not in failed]
    sentences = [f"{each.name}: find out {_and(each.open_parts)}." for each in open_ones]
    short = needed - len(possible_drugs(judged))
    if not judged:
        return (
            f"No antidepressant trial is recorded. {needed} adequate failures of different drugs are needed.",
        )
    if short > 0:
        more = "One more adequate failure" if short == 1 else f"{short} more adequate failures"
        sentences.append(f"{more} of a different antidepressant: nothing recorded could still count for it.")
    return tuple(sentences)


def _and(parts: tuple[str, ...]) -> str:
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} and {parts[-1]}"
