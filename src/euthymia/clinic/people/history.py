"""What a patient's earlier treatments show: the rows as the rules judge them, and the judgement."""

from __future__ import annotations

from uuid import UUID

from euthymia.clinic.access.viewer import Viewer
from euthymia.clinic.people import queries
from euthymia.clinic.people.models import Adherence, DrugClass, Placement
from euthymia.clinic.people.trial_rows import TrialView
from euthymia.clinic.rulebook import queries as rulebook
from euthymia.protocol import PartialDate, Product
from euthymia.protocol import facts as protocol
from euthymia.protocol.resistance import Evidence, indication_rule, weigh

_ADHERENT = {Adherence.YES: True, Adherence.PARTLY: False, Adherence.NO: False, Adherence.UNKNOWN: None}
_NO_ANTIDEPRESSANT = frozenset(
    {DrugClass.AUGMENTATION, DrugClass.OTHER, DrugClass.PSYCHOTHERAPY, DrugClass.ECT, DrugClass.TMS}
)
_BILATERAL = {Placement.BILATERAL: True, Placement.UNILATERAL: False, Placement.UNKNOWN: None}


def evidence(viewer: Viewer, patient_id: UUID, product: Product) -> Evidence | None:
    """The trials judged under the clinic's rule for ``product``; ``None`` where its book has none.

    The judgements stand in the order of ``queries.trials``.
    """
    rule = indication_rule(rulebook.book(viewer.clinic_id), product)
    if rule is None:
        return None
    trials = tuple(as_fact(trial) for trial in queries.trials(viewer, patient_id))
    return weigh(trials, rule)


def as_fact(trial: TrialView) -> protocol.AntidepressantTrial:
    """One trial as the rules judge it. What was added to a trial is no antidepressant of its own."""
    return protocol.AntidepressantTrial(
        drug=trial.drug,
        antidepressant=trial.drug_class not in _NO_ANTIDEPRESSANT and trial.augments is None,
        oral=trial.oral,
        dose=trial.dose_words,
        dose_adequate=trial.dose_adequate,
        weeks=trial.weeks,
        adherent=_ADHERENT[Adherence(trial.adherence)],
        outcome=protocol.TrialOutcome(trial.result) if trial.result else None,
        current_episode=trial.current_episode,
        at=trial.recorded_at,
        origin=trial.origin_words,
        improvement_percent=trial.improvement_percent,
        code=trial.code,
        dose_amount=trial.dose_amount,
        dose_unit=trial.dose_unit,
        started=PartialDate.parse(trial.started) if trial.started else None,
        stopped=PartialDate.parse(trial.stopped) if trial.stopped else None,
        ongoing=trial.ongoing,
        sessions=trial.sessions,
        bilateral=_BILATERAL[Placement(trial.placement)],
        judged=trial.judged,
        judged_reason=trial.judged_reason,
    )
