"""Staging of treatment resistance by the two methods that may be computed.

The questionnaires of the Massachusetts General Hospital and the antidepressant treatment history form belong to
their owners and are not computed here.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from euthymia.evidence import Family, MaudsleyScale, maudsley_scale, thase_rush_stages
from euthymia.protocol._findings import Outcome
from euthymia.protocol._partial_dates import PartialDate
from euthymia.protocol._trials import TrialJudgement, course, is_bilateral_ect, listed
from euthymia.protocol.facts import TrialOutcome

_MONTHS_A_YEAR = 12


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage or score. ``low`` and ``high`` differ where something is not known; ``missing`` says what."""

    method: str
    low: int
    high: int
    words: str
    missing: tuple[str, ...]
    attribution: str

    @property
    def is_whole(self) -> bool:
        """Whether nothing is missing."""
        return self.low == self.high and not self.missing


def maudsley(
    judged: Iterable[TrialJudgement],
    *,
    episode_from: PartialDate | None,
    severity: str | None,
    today: date,
) -> Stage:
    """Score the Maudsley staging method for the episode that began on ``episode_from``.

    ``severity`` is one of the scale's words, as the clinician rates it. What is not known leaves a range.
    """
    scale = maudsley_scale()
    here = [each for each in judged if each.trial.current_episode is not False]
    drugs = {each.key for each in here if each.outcome is Outcome.SATISFIED}
    possible = {each.key for each in here if each.outcome is not Outcome.VIOLATED}
    families = {entry.family for each in here if (entry := listed(each.trial))}
    added = scale.augmentation_point * (Family.AUGMENTATION in families)
    added += scale.ect_point * (Family.ECT in families)
    duration, severe = _duration(scale, episode_from, today), _severity(scale, severity)
    low = _drug_points(scale, len(drugs)) + added + min(duration) + min(severe)
    high = _drug_points(scale, len(possible)) + added + max(duration) + max(severe)
    missing = [] if len(duration) == 1 else ["when the episode began"]
    missing += [] if len(severe) == 1 else ["how severe the episode is, as the clinician rates it"]
    missing += [] if len(drugs) == len(possible) else ["whether each trial counts"]
    return Stage(
        "Maudsley staging method", low, high, _band(scale, low, high), tuple(missing), scale.attribution
    )


def thase_rush(judged: Iterable[TrialJudgement]) -> Stage:
    """Return the stage of Thase and Rush that the adequate failures reach, 0 for none."""
    failed = [each for each in judged if each.outcome is Outcome.SATISFIED]
    families = {
        entry.family for each in failed if (entry := listed(each.trial)) and entry.family.is_antidepressant
    }
    bilateral = [
        is_bilateral_ect(each.trial) for each in judged if each.trial.judged is True or _ect_failed(each)
    ]
    reached = 0
    steps = (
        bool(families),
        len(families) >= 2,
        Family.TRICYCLIC in families,
        Family.MAOI in families,
        True in bilateral,
    )
    for number, met in enumerate(steps, start=1):
        if not met:
            break
        reached = number
    words = thase_rush_stages()[reached - 1] if reached else "no adequate trial failed"
    return Stage(
        "Thase and Rush", reached, reached, words, (), "Thase and Rush, J Clin Psychiatry 1997;58 suppl 13"
    )


def _ect_failed(each: TrialJudgement) -> bool:
    had = course(each.trial)
    enough = had is not None and had.outcome is Outcome.SATISFIED
    return enough and each.trial.outcome is TrialOutcome.INADEQUATE


def _drug_points(scale: MaudsleyScale, drugs: int) -> int:
    if drugs == 0:
        return 0
    band = sum(drugs > most for most in scale.drugs_max)
    return scale.drug_points[band]


def _duration(scale: MaudsleyScale, start: PartialDate | None, today: date) -> set[int]:
    """The points the duration may score: one where the date decides it."""
    if start is None:
        return set(scale.duration_points)
    return {_duration_points(scale, day, today) for day in (start.earliest, min(start.latest, today))}


def _duration_points(scale: MaudsleyScale, start: date, today: date) -> int:
    months = (today.year - start.year) * _MONTHS_A_YEAR + today.month - start.month
    months += today.day > start.day  # a month that has begun counts
    limits = (scale.acute_months_max, scale.subacute_months_max)
    return scale.duration_points[sum(months > most for most in limits)]


def _severity(scale: MaudsleyScale, severity: str | None) -> set[int]:
    if severity is None:
        return set(scale.severity_points)
    return {scale.severity_points[scale.severities.index(severity)]}


def _band(scale: MaudsleyScale, low: int, high: int) -> str:
    words = [_band_of(scale, low), _band_of(scale, high)]
    return words[0] if words[0] == words[1] else f"{words[0]} to {words[1]}"


def _band_of(scale: MaudsleyScale, score: int) -> str:
    if score <= scale.mild_max:
        return "mild"
    return "moderate" if score <= scale.moderate_max else "severe"
