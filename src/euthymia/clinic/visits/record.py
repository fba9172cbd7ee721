"""The current rows of a visit, read once each and only when somebody asks for them.

Corrected rows are left out: what stands is what rules and pages read. ``history`` in ``queries`` shows the rest.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from euthymia.clinic.rulebook import queries as rulebook
from euthymia.clinic.visits import models
from euthymia.clinic.visits.models.dose import InfusionStep
from euthymia.clinic.visits.models.visit import VisitFact
from euthymia.evidence import RuleBook
from euthymia.protocol import Product

F = TypeVar("F", bound=VisitFact)


class Record:
    """One visit with its rows. A list is in the order things happened."""

    def __init__(self, visit: models.Visit, *, by: RuleBook | None = None) -> None:
        """``by`` is another rule book than the visit's own, to see what it would say."""
        self.visit = visit
        if by is not None:
            self.__dict__["rules"] = by

    # --- what the visit is -------------------------------------------------------------------------------
    @cached_property
    def zone(self) -> ZoneInfo:
        """The clinic's time zone: rules count days, and screens print times, in it."""
        return ZoneInfo(self.visit.clinic.time_zone)

    @cached_property
    def rules(self) -> RuleBook:
        """The rules of the version the visit began under; before it begins, those that act now."""
        visit = self.visit
        if visit.book_version is not None:
            return rulebook.book_of_version(visit.clinic_id, visit.book_version)
        return rulebook.book(visit.clinic_id)

    @property
    def product(self) -> Product:
        """The drug and its route."""
        return Product(self.visit.product)

    def local(self, at: datetime) -> datetime:
        """The same instant by the clinic's clock."""
        return at.astimezone(self.zone)

    # --- check-in ----------------------------------------------------------------------------------------
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
    def escort_arrival(self) -> models.EscortArrival | None:
        return self._latest(models.EscortArrival)

    @cached_property
    def medicines(self) -> models.MedicineReport | None:
        return self._latest(models.MedicineReport)

    @cached_property
    def instructions(self) -> models.InstructionsSignature | None:
        return self._latest(models.InstructionsSignature)

    @cached_property
    def pregnancy(self) -> models.PregnancyCheck | None:
        return self._latest(models.PregnancyCheck)

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
    def risks(self) -> Sequence[models.RiskLink]:
        return self._all(models.RiskLink, "assessment__recorded_by")

    @property
    def risk_before(self) -> models.RiskLink | None:
        """The last suicide-risk assessment made before the dose."""
        return _last(link for link in self.risks if not link.after_dose)

    @property
    def risk_after(self) -> models.RiskLink | None:
        """The last suicide-risk assessment made after the dose."""
        return _last(link for link in self.risks if link.after_dose)

    @cached_property
    def high_risk_decision(self) -> models.HighRiskDecision | None:
        return self._latest(models.HighRiskDecision)

    # --- dose --------------------------------------------------------------------------------------------
    @cached_property
    def orders(self) -> Sequence[models.Order]:
        return self._all(models.Order, "signature", "cancellation")

    @property
    def order(self) -> models.Order | None:
        """The order that stands: the last one that was not cancelled."""
        return _last(order for order in self.orders if getattr(order, "cancellation", None) is None)

    @cached_property
    def devices(self) -> Sequence[models.DeviceAdministration]:
        return sorted(
            self._all(models.DeviceAdministration), key=lambda device: (device.measured_at, device.number)
        )

    @cached_property
    def infusion(self) -> Sequence[models.InfusionEvent]:
        return sorted(self._all(models.InfusionEvent), key=lambda event: event.measured_at)

    def pump(self, *steps: InfusionStep) -> models.InfusionEvent | None:
        """The last pump event that is one of ``steps``."""
        return _last(event for event in self.infusion if event.step in steps)

    @property
    def t0(self) -> datetime | None:
        """The start of the first device or of the infusion; ``None`` before it."""
        if self.devices:
            return self.devices[0].measured_at
        start = self.pump(InfusionStep.STARTED)
        return start.measured_at if start else None

    @property
    def last_dose_at(self) -> datetime | None:
        """The start of the last device, or the infusion's end; ``None`` while an infusion runs or before t0."""
        if self.devices:
            return self.devices[-1].measured_at
        end = self.pump(InfusionStep.STOPPED, InfusionStep.ENDED)
        return end.measured_at if end else None

    # --- what was seen -----------------------------------------------------------------------------------
    @cached_property
    def observation_rows(self) -> Sequence[models.Observation]:
        """Every row, corrected ones and artefacts too: what the page shows beside what stands."""
        rows = models.Observation.objects.filter(visit=self.visit.id).select_related("recorded_by")
        return sorted(rows, key=_KEYS["observations"])

    @cached_property
    def observations(self) -> Sequence[models.Observation]:
        """Values that stand, artefacts left out."""
        corrected = {row.corrects_id for row in self.observation_rows}
        return [row for row in self.observation_rows if row.id not in corrected and not row.artefact]

    @cached_property
    def alarms(self) -> Sequence[models.Alarm]:
        return self._all(models.Alarm, "acknowledgement__recorded_by")

    @cached_property
    def deviations(self) -> Sequence[models.Deviation]:
        return self._all(models.Deviation, "answer__recorded_by")

    @cached_property
    def waivers(self) -> Sequence[models.WaivedObservation]:
        return self._all(models.WaivedObservation)

    @cached_property
    def overrides(self) -> Sequence[models.OverrideRecord]:
        return self._all(models.OverrideRecord, "signature")

    def fingerprints(self, gate: str) -> frozenset[str]:
        """Fingerprints of the findings a prescriber has signed for at ``gate``."""
        return frozenset(mark for each in self.overrides if each.gate == gate for mark in each.fingerprints)

    # --- its end -----------------------------------------------------------------------------------------
    @cached_property
    def stability(self) -> models.StabilityJudgement | None:
        return self._latest(models.StabilityJudgement)

    @cached_property
    def exits(self) -> Sequence[models.Exit]:
        return self._all(models.Exit, "signature")

    @cached_property
    def close_record(self) -> models.CloseRecord | None:
        return self._latest(models.CloseRecord, "signature")

    @cached_property
    def steps(self) -> Sequence[models.VisitTransition]:
        return self._all(models.VisitTransition)

    # --- reading -----------------------------------------------------------------------------------------
    def _all(self, model: type[F], *related: str) -> list[F]:
        return list(_standing(model, [self.visit], *related))

    def _latest(self, model: type[F], *related: str) -> F | None:
        return _last(self._all(model, *related))


_BATCHES: dict[str, tuple[type[VisitFact], tuple[str, ...]]] = {
    "devices": (models.DeviceAdministration, ()),
    "infusion": (models.InfusionEvent, ()),
    "observations": (models.Observation, ()),
    "alarms": (models.Alarm, ("acknowledgement__recorded_by",)),
    "deviations": (models.Deviation, ("answer__recorded_by",)),
    "waivers": (models.WaivedObservation, ()),
    "risks": (models.RiskLink, ("assessment__recorded_by",)),
    "exits": (models.Exit, ("signature",)),
    "steps": (models.VisitTransition, ()),
}
_ONE: dict[str, tuple[type[VisitFact], tuple[str, ...]]] = {
    "stability": (models.StabilityJudgement, ()),
    "escort": (models.EscortPlan, ()),
    "escort_arrival": (models.EscortArrival, ()),
    "instructions": (models.InstructionsSignature, ()),
}
_KEYS: dict[str, Callable[[Any], Any]] = {
    "devices": lambda row: (row.measured_at, row.number),
    "infusion": lambda row: row.measured_at,
    "observations": lambda row: (row.measured_at, row.recorded_at),
}


def records(visits: Sequence[models.Visit]) -> list[Record]:
    """Records of many visits with what the board needs already read: one query a table, however many visits."""
    made = [Record(visit) for visit in visits]
    for name, (model, related) in _BATCHES.items():
        grouped = _grouped(model, visits, related)
        for record in made:
            rows = [row for row in grouped[record.visit.id] if not getattr(row, "artefact", False)]
            record.__dict__[name] = sorted(rows, key=_KEYS[name]) if name in _KEYS else rows
    for name, (model, related) in _ONE.items():
        grouped = _grouped(model, visits, related)
        for record in made:
            record.__dict__[name] = _last(grouped[record.visit.id])
    return made


def _grouped(
    model: type[VisitFact], visits: Sequence[models.Visit], related: tuple[str, ...]
) -> dict[UUID, list[VisitFact]]:
    grouped: dict[UUID, list[VisitFact]] = defaultdict(list)
    for row in _standing(model, visits, *related):
        grouped[row.visit_id].append(row)
    return grouped


def _standing(model: type[F], visits: Sequence[models.Visit], *related: str) -> Iterable[F]:
    """Rows that no later row corrects, in the order they were entered."""
    rows = model.objects.current().filter(visit__in=[visit.id for visit in visits])
    return rows.select_related("recorded_by", *related).order_by("recorded_at", "id")


def _last(rows: Iterable[F]) -> F | None:
    return next(iter(list(rows)[-1:]), None)
