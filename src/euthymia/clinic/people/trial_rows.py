"""Antidepressant trials as they are shown: a row with the words for each of its parts."""

from __future__ import annotations

from calendar import month_abbr
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from euthymia.clinic.people.models import AntidepressantTrial, DoseUnit, DrugClass
from euthymia.evidence import Treatment, find_treatment, treatments


@dataclass(frozen=True, slots=True)
class TrialView:
    """One antidepressant trial as shown. ``replaces`` is the entry it corrected, with the reason.

    ``drug`` is what was typed, ``name`` what the list calls it. ``augments`` is the standing trial it was
    added to.
    """

    id: UUID
    drug: str
    code: str
    name: str
    drug_class: str
    drug_class_label: str
    oral: bool | None
    dose_amount: Decimal | None
    dose_unit: str
    dose_words: str
    dose_adequate: bool | None
    weeks: Decimal | None
    started: str
    stopped: str
    ongoing: bool
    sessions: int | None
    placement: str
    placement_label: str
    adherence: str
    adherence_label: str
    result: str
    result_label: str
    improvement_percent: Decimal | None
    current_episode: bool | None
    reason_stopped: str
    origin: str
    origin_kind: str
    origin_words: str
    judged: bool | None
    judged_reason: str
    augments: UUID | None
    augments_name: str
    recorded_at: datetime
    recorded_by: str
    reason: str
    replaces: TrialView | None = None

    @property
    def typed_otherwise(self) -> bool:
        """Whether the list calls it something else than what was typed."""
        return self.name.casefold() != self.drug.strip().casefold()

    @property
    def is_listed(self) -> bool:
        """Whether it was found in the list."""
        return bool(self.code)

    @property
    def period_words(self) -> str:
        """When it was given, as far as is known."""
        if not (self.started or self.stopped or self.ongoing):
            return ""
        begin = _day_words(self.started)
        end = "still going on" if self.ongoing and not self.stopped else _day_words(self.stopped)
        return begin if begin == end else f"{begin} to {end}"


def _day_words(partial: str) -> str:
    """A day, a month or a year as it is read aloud: "24 Mar 2026", "Mar 2026", "2026"."""
    if not partial:
        return "not known"
    year, month, day = (*map(int, partial.split("-")), 0, 0)[:3]
    named = f"{month_abbr[month]} {year}" if month else str(year)
    return f"{day} {named}" if day else named


def standing_trials(rows: tuple[AntidepressantTrial, ...]) -> tuple[TrialView, ...]:
    """The trials that no other corrects, those of the current episode first. ``rows`` are all of one patient."""
    by_id = {fact.id: fact for fact in rows}
    newer: dict[UUID | None, UUID] = {fact.corrects_id: fact.id for fact in rows if fact.corrects_id}
    standing = [_view(fact, by_id, newer) for fact in rows if fact.id not in newer]
    return tuple(
        sorted(standing, key=lambda trial: (trial.current_episode is not True, trial.started or "9"))
    )


def listed_as(fact: AntidepressantTrial) -> Treatment | None:
    """The entry of the list a row names. Entries from before the list are found by their name."""
    return treatments().get(fact.drug_code) or find_treatment(fact.drug)


def _view(
    fact: AntidepressantTrial, by_id: Mapping[UUID, AntidepressantTrial], newer: Mapping[UUID | None, UUID]
) -> TrialView:
    entry = listed_as(fact)
    family = DrugClass(entry.family.value) if entry else DrugClass(fact.drug_class)
    amount, unit = _dose(fact)
    base = _standing(fact.augments_id, newer)
    return TrialView(
        id=fact.id,
        drug=fact.drug,
        code=entry.code if entry else "",
        name=entry.name if entry else fact.drug.strip(),
        drug_class=family.value,
        drug_class_label=str(family.label),
        oral=fact.oral,
        dose_amount=amount,
        dose_unit=unit,
        dose_words=f"{amount.normalize():f} {DoseUnit(unit).label}" if amount is not None else "",
        dose_adequate=fact.dose_adequate,
        weeks=fact.weeks,
        started=fact.started,
        stopped=fact.stopped,
        ongoing=fact.ongoing,
        sessions=fact.sessions,
        placement=fact.placement,
        placement_label=fact.get_placement_display(),
        adherence=fact.adherence,
        adherence_label=fact.get_adherence_display(),
        result=fact.result,
        result_label=fact.get_result_display(),
        improvement_percent=fact.improvement_percent,
        current_episode=fact.current_episode,
        reason_stopped=fact.reason_stopped,
        origin=fact.origin,
        origin_kind=fact.origin_kind,
        origin_words=_origin(fact),
        judged=fact.judged,
        judged_reason=fact.judged_reason,
        augments=base,
        augments_name=_name(by_id.get(base)) if base else "",
        recorded_at=fact.recorded_at,
        recorded_by=fact.recorded_by.name,
        reason=fact.reason,
        replaces=_view(by_id[fact.corrects_id], by_id, newer) if fact.corrects_id else None,
    )


def _dose(fact: AntidepressantTrial) -> tuple[Decimal | None, str]:
    """The dose with its unit; milligrams alone in entries from before units."""
    if fact.dose_amount is not None:
        return fact.dose_amount, fact.dose_unit
    return fact.dose_mg, DoseUnit.MG.value if fact.dose_mg is not None else ""


def _origin(fact: AntidepressantTrial) -> str:
    kind = str(fact.get_origin_kind_display()) if fact.origin_kind else ""
    return ": ".join(dict.fromkeys(part for part in (kind, fact.origin) if part))


def _standing(trial_id: UUID | None, newer: Mapping[UUID | None, UUID]) -> UUID | None:
    """The row that stands now for one that may have been corrected since."""
    while trial_id in newer:
        trial_id = newer[trial_id]
    return trial_id


def _name(fact: AntidepressantTrial | None) -> str:
    entry = listed_as(fact) if fact else None
    return entry.name if entry else (fact.drug.strip() if fact else "")
