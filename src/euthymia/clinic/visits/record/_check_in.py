"""What was told, asked and judged before the dose, and the risk judged again after it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from functools import cached_property
from uuid import UUID

from euthymia.clinic.measures.models import QuestionnaireResponse
from euthymia.clinic.measures.queries import PHQ_9
from euthymia.clinic.people.models import BodyWeight
from euthymia.clinic.safety.models import SuicideRiskAssessment
from euthymia.clinic.visits import models
from euthymia.clinic.visits.models.check_in import PregnancyAnswer
from euthymia.clinic.visits.record._ending import EndingRows
from euthymia.clinic.visits.record._standing import last, standing
from euthymia.clinic.visits.record._visit import AROUND


class CheckInRows(EndingRows):
    """What was told, asked and judged before the dose, and the risk judged again after it."""

    @cached_property
    def identity(self) -> models.IdentityCheck | None:
        return self._latest(models.IdentityCheck)

    @cached_property
    def fasting(self) -> models.FastingReport | None:
        return self._latest(models.FastingReport)

    @cached_property
    def nasal_product(self) -> models.NasalProductReport | None:
        return self._latest(models.NasalProductReport)

    @cached_property
    def escort(self) -> models.EscortPlan | None:
        return self._latest(models.EscortPlan)

    @cached_property
    def escort_words(self) -> Sequence[models.EscortArrival]:
        """All that was said of it, in the order in which it was said."""
        return self._all(models.EscortArrival)

    @cached_property
    def escort_word(self) -> models.EscortArrival | None:
        """What was last said of the escort: here, or not here after all."""
        return last(self.escort_words)

    @property
    def escort_arrival(self) -> models.EscortArrival | None:
        """The escort who is here now."""
        return self.escort_word if self.escort_word and self.escort_word.here else None

    @cached_property
    def medicines(self) -> models.MedicineReport | None:
        return self._latest(models.MedicineReport)

    @cached_property
    def substances(self) -> models.SubstanceReport | None:
        return self._latest(models.SubstanceReport)

    @cached_property
    def interval(self) -> models.IntervalReport | None:
        return self._latest(models.IntervalReport)

    @cached_property
    def maintenance(self) -> models.MaintenanceReport | None:
        return self._latest(models.MaintenanceReport)

    @cached_property
    def instructions(self) -> models.InstructionsSignature | None:
        return self._latest(models.InstructionsSignature)

    @cached_property
    def pregnancies(self) -> Sequence[models.PregnancyCheck]:
        return self._all(models.PregnancyCheck)

    @property
    def pregnancy(self) -> models.PregnancyCheck | None:
        """What was last said or tested."""
        return last(self.pregnancies)

    @property
    def pregnancy_test(self) -> models.PregnancyCheck | None:
        """The last test: nobody's word that it is not possible undoes one."""
        untested = PregnancyAnswer.NOT_POSSIBLE
        return last(each for each in self.pregnancies if each.answer != untested)

    @cached_property
    def day_answers(self) -> Sequence[models.DayAnswer]:
        return self._all(models.DayAnswer)

    @cached_property
    def programme(self) -> models.ProgrammeCheck | None:
        return self._latest(models.ProgrammeCheck)

    @cached_property
    def weight(self) -> models.WeightLink | None:
        return self._latest(models.WeightLink, "weight")

    @cached_property
    def questionnaire(self) -> models.QuestionnaireLink | None:
        return self._latest(models.QuestionnaireLink, "response")

    @cached_property
    def weighing(self) -> BodyWeight | None:
        """The weighing of this visit as it stands: one that was put right since is the right one."""
        return standing(self.weight.weight) if self.weight else None

    @cached_property
    def answered(self) -> QuestionnaireResponse | None:
        """The questionnaire of this visit as it stands."""
        return standing(self.questionnaire.response) if self.questionnaire else None

    @cached_property
    def answered_around(self) -> Sequence[QuestionnaireResponse]:
        """Every PHQ-9 of the patient about this visit that stands, oldest first, wherever it was recorded."""
        at = self.visit.scheduled_at
        rows = QuestionnaireResponse.objects.current().filter(
            patient_id=self.visit.course.patient_id,
            instrument=PHQ_9,
            taken_at__range=(at - AROUND, at + AROUND),
        )
        return list(rows.order_by("taken_at", "recorded_at"))

    @cached_property
    def risks(self) -> Sequence[models.RiskLink]:
        return self._all(models.RiskLink, "assessment__recorded_by")

    @cached_property
    def judged_risks(self) -> Sequence[SuicideRiskAssessment]:
        """The patient's suicide risk as it stands, oldest first, in this visit or recorded beside it."""
        return judged_risks([self.visit])[self.visit.course.patient_id]

    @property
    def risk_before(self) -> SuicideRiskAssessment | None:
        """The last judgement before the dose, corrections and what was recorded beside the visit included.

        None until one was made in this visit: what a colleague wrote elsewhere can worsen it, not replace it.
        """
        if all(link.after_dose for link in self.risks):
            return None
        return last(each for each in self._risks_of_visit if self.t0 is None or each.assessed_at <= self.t0)

    @property
    def risk_after(self) -> SuicideRiskAssessment | None:
        """The last judgement after the first dose."""
        t0 = self.t0
        return last(each for each in self._risks_of_visit if t0 is not None and each.assessed_at > t0)

    @property
    def _risks_of_visit(self) -> Sequence[SuicideRiskAssessment]:
        """Those about this visit: from shortly before it until the patient left."""
        opens = self.visit.scheduled_at - AROUND
        closes = max((each.measured_at for each in self.exits), default=self.visit.scheduled_at) + AROUND
        return [each for each in self.judged_risks if opens <= each.assessed_at <= closes]

    @cached_property
    def high_risk_decision(self) -> models.HighRiskDecision | None:
        return self._latest(models.HighRiskDecision)

    @cached_property
    def route_agreement(self) -> models.RouteAgreement | None:
        return self._latest(models.RouteAgreement)


def judged_risks(visits: Sequence[models.Visit]) -> dict[UUID, list[SuicideRiskAssessment]]:
    """The standing judgements of risk about visits, by patient, oldest first."""
    grouped: dict[UUID, list[SuicideRiskAssessment]] = defaultdict(list)
    rows = SuicideRiskAssessment.objects.current().filter(
        patient__in={visit.course.patient_id for visit in visits},
        assessed_at__gte=min(visit.scheduled_at for visit in visits) - AROUND,
    )
    for row in rows.select_related("recorded_by").order_by("assessed_at", "recorded_at"):
        grouped[row.patient_id].append(row)
    return grouped
