"""The current rows of a visit, read once each and only when somebody asks for them.

Corrected rows are left out: what stands is what rules and pages read. ``history`` in ``queries`` shows the rest.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from functools import cache, cached_property
from typing import Any, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import QuerySet

from euthymia.clinic.audit.bases import Fact
from euthymia.clinic.audit.compiled import Compiled
from euthymia.clinic.measures.models import QuestionnaireResponse
from euthymia.clinic.measures.queries import PHQ_9
from euthymia.clinic.people.models import BodyWeight
from euthymia.clinic.rulebook import queries as rulebook
from euthymia.clinic.safety.models import SuicideRiskAssessment
from euthymia.clinic.visits import models
from euthymia.clinic.visits.models.check_in import PregnancyAnswer
from euthymia.clinic.visits.models.dose import InfusionStep
from euthymia.clinic.visits.models.visit import VisitFact
from euthymia.evidence import RuleBook
from euthymia.protocol import Product, Watch, WatchEvent, WatchStep
from euthymia.protocol.route import Route
from euthymia.protocol.route import usual as usual_route
from euthymia.protocol.watching import watch_of

F = TypeVar("F", bound=VisitFact)
G = TypeVar("G", bound=Fact)
_AROUND = timedelta(hours=36)  # ours: what is judged beside a visit within this time of it belongs to it


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
        return _last(self.pregnancies)

    @property
    def pregnancy_test(self) -> models.PregnancyCheck | None:
        """The last test: nobody's word that it is not possible undoes one."""
        untested = PregnancyAnswer.NOT_POSSIBLE
        return _last(each for each in self.pregnancies if each.answer != untested)

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
        rows = QuestionnaireResponse.objects.filter(
            patient_id=self.visit.course.patient_id,
            instrument=PHQ_9,
            correction__isnull=True,
            taken_at__range=(at - _AROUND, at + _AROUND),
        )
        return list(rows.order_by("taken_at", "recorded_at"))

    @cached_property
    def risks(self) -> Sequence[models.RiskLink]:
        return self._all(models.RiskLink, "assessment__recorded_by")

    @cached_property
    def judged_risks(self) -> Sequence[SuicideRiskAssessment]:
        """The patient's suicide risk as it stands, oldest first, in this visit or recorded beside it."""
        return _judged_risks([self.visit])[self.visit.course.patient_id]

    @property
    def risk_before(self) -> SuicideRiskAssessment | None:
        """The last judgement before the dose, corrections and what was recorded beside the visit included.

        None until one was made in this visit: what a colleague wrote elsewhere can worsen it, not replace it.
        """
        if all(link.after_dose for link in self.risks):
            return None
        return _last(each for each in self._risks_of_visit if self.t0 is None or each.assessed_at <= self.t0)

    @property
    def risk_after(self) -> SuicideRiskAssessment | None:
        """The last judgement after the first dose."""
        t0 = self.t0
        return _last(each for each in self._risks_of_visit if t0 is not None and each.assessed_at > t0)

    @property
    def _risks_of_visit(self) -> Sequence[SuicideRiskAssessment]:
        """Those about this visit: from shortly before it until the patient left."""
        opens = self.visit.scheduled_at - _AROUND
        closes = max((each.measured_at for each in self.exits), default=self.visit.scheduled_at) + _AROUND
        return [each for each in self.judged_risks if opens <= each.assessed_at <= closes]

    @cached_property
    def high_risk_decision(self) -> models.HighRiskDecision | None:
        return self._latest(models.HighRiskDecision)

    @cached_property
    def route_agreement(self) -> models.RouteAgreement | None:
        return self._latest(models.RouteAgreement)

    # --- dose --------------------------------------------------------------------------------------------
    @cached_property
    def orders(self) -> Sequence[models.Order]:
        return self._all(models.Order, "signature", "cancellation")

    @property
    def order(self) -> models.Order | None:
        """The order that stands: the last one that was not cancelled."""
        return _last(order for order in self.orders if getattr(order, "cancellation", None) is None)

    @cached_property
    def bedside_checks(self) -> Sequence[models.BedsideCheck]:
        return self._all(models.BedsideCheck, "confirmed_by")

    @property
    def bedside_check(self) -> models.BedsideCheck | None:
        """The last confirmation of the order that stands; of none where none stands."""
        order = self.order
        return _last(each for each in self.bedside_checks if order is not None and each.order_id == order.id)

    @cached_property
    def drug_account(self) -> models.DrugAccount | None:
        return self._latest(models.DrugAccount)

    @cached_property
    def devices(self) -> Sequence[models.DeviceAdministration]:
        return sorted(
            self._all(models.DeviceAdministration, "given_by"),
            key=lambda device: (device.measured_at, device.number),
        )

    @cached_property
    def infusion(self) -> Sequence[models.InfusionEvent]:
        return sorted(self._all(models.InfusionEvent, "given_by"), key=lambda event: event.measured_at)

    def pump(self, *steps: InfusionStep) -> models.InfusionEvent | None:
        """The last pump event that is one of ``steps``."""
        return _last(event for event in self.infusion if event.step in steps)

    @cached_property
    def direct(self) -> Sequence[models.DirectDose]:
        """Doses that needed neither device nor pump, and when what was held in the mouth was out."""
        if self.product is Product.ESKETAMINE_NASAL:
            return ()  # a spray is given into the nose and nowhere else
        return sorted(self._all(models.DirectDose, "given_by"), key=_KEYS["direct"])

    @property
    def direct_given(self) -> Sequence[models.DirectDose]:
        """Injections, and doses put into the mouth."""
        return [row for row in self.direct if row.step == models.DirectStep.GIVEN]

    @property
    def in_mouth(self) -> Sequence[models.DirectDose]:
        """Doses that are still held under the tongue."""
        out = {row.number for row in self.direct if row.step == models.DirectStep.ENDED}
        held = Route.SUBLINGUAL.value
        return [row for row in self.direct_given if row.route == held and row.number not in out]

    @property
    def given_route(self) -> Route:
        """By which route the last dose went; the usual one before any. A board asks this without the orders."""
        given = self.direct_given
        return Route(given[-1].route) if given else usual_route(self.product)

    @property
    def route(self) -> Route:
        """By which route the last dose went; before any, by which it is ordered."""
        if self.direct_given or self.infusion or self.order is None or not self.order.route:
            return self.given_route
        return Route(self.order.route)

    @cached_property
    def t0(self) -> datetime | None:
        """The start of the first device or of the infusion, or the first dose by another route; ``None`` before it."""
        if self.devices:
            return self.devices[0].measured_at
        start = self.pump(InfusionStep.STARTED)
        begun = [each.measured_at for each in (*self.direct_given[:1], *((start,) if start else ()))]
        return min(begun, default=None)

    @cached_property
    def last_dose_at(self) -> datetime | None:
        """The start of the last device, the infusion's end, the last injection or the empty mouth.

        ``None`` before t0, while an infusion runs, and while something is held under the tongue.
        """
        if self.devices:
            return self.devices[-1].measured_at
        start, end = self.pump(InfusionStep.STARTED), self.pump(InfusionStep.STOPPED, InfusionStep.ENDED)
        if self.in_mouth or (start and not end):
            return None
        return max((each.measured_at for each in (*self.direct, *((end,) if end else ()))), default=None)

    # --- what was seen -----------------------------------------------------------------------------------
    @cached_property
    def observation_rows(self) -> Sequence[models.Observation]:
        """Every row, corrected ones and artefacts too: what the page shows beside what stands."""
        return sorted(_observations(visit=self.visit.id), key=_KEYS["observations"])

    @cached_property
    def observations(self) -> Sequence[models.Observation]:
        """Values that stand, artefacts left out."""
        gone = {row.corrects_id for row in self.observation_rows} | self.moved_away.keys()
        return [row for row in self.observation_rows if row.id not in gone and not row.artefact]

    @cached_property
    def moved_away(self) -> dict[UUID, models.MovedEntry]:
        """Entries that were another patient's, by the row that stays here to be seen."""
        return {row.original: row for row in _moved(visit=self.visit.id)}

    @cached_property
    def alarms(self) -> Sequence[models.Alarm]:
        return self._all(models.Alarm, "acknowledgement__recorded_by")

    @cached_property
    def from_paper(self) -> dict[UUID, models.FromPaper]:
        """What was copied from paper afterwards, by the row it made."""
        return {row.row: row for row in _papers(visit=self.visit.id)}

    @cached_property
    def watch_plan(self) -> models.WatchPlan | None:
        return self._latest(models.WatchPlan)

    @property
    def watch_risks(self) -> Sequence[dict[str, str]]:
        """Why the patient is watched more closely or for longer, as it stood on record when the dose began."""
        return self.watch_plan.risks if self.watch_plan else ()

    @cached_property
    def medicine_orders(self) -> Sequence[models.MedicineOrder]:
        related = ("prescriber", "signature", "countersignature__recorded_by", "withdrawal__recorded_by")
        return self._all(models.MedicineOrder, *related)

    @cached_property
    def medicines_given(self) -> Sequence[models.MedicineGiven]:
        return sorted(self._all(models.MedicineGiven), key=lambda row: row.measured_at)

    @cached_property
    def elsewhere(self) -> Sequence[models.ElsewhereEvent]:
        return self._all(models.ElsewhereEvent)

    @cached_property
    def deviations(self) -> Sequence[models.Deviation]:
        return self._all(models.Deviation, "answer__recorded_by")

    @cached_property
    def waivers(self) -> Sequence[models.WaivedObservation]:
        return self._all(models.WaivedObservation)

    @cached_property
    def late_entries(self) -> Sequence[models.LateEntry]:
        """What waited on a tablet, those that were given up too."""
        return self._all(models.LateEntry, "author")

    def who(self, row: VisitFact, subject: UUID | None = None) -> str:
        """Who entered a row; of what another did, or that was taken over, also for whom."""
        did = getattr(row, "given_by", None)
        if did is not None and did != row.recorded_by:
            return f"{row.recorded_by.name} for {did.name}"
        for late in self.late_entries:
            if (subject or row.id) in late.subjects and late.author_id != late.recorded_by_id:
                return f"{row.recorded_by.name} for {late.author.name}"
        return row.recorded_by.name

    @cached_property
    def overrides(self) -> Sequence[models.OverrideRecord]:
        return self._all(models.OverrideRecord, "signature")

    def fingerprints(self, gate: str) -> frozenset[str]:
        """Fingerprints of the findings a prescriber has signed for at ``gate``."""
        return frozenset(mark for each in self.overrides if each.gate == gate for mark in each.fingerprints)

    @cached_property
    def watchings(self) -> Sequence[models.Watching]:
        return self._all(models.Watching, "offered_to")

    @property
    def watch(self) -> Watch:
        """Who watches now."""
        return watch_of(
            WatchEvent(
                WatchStep(row.step),
                row.recorded_at,
                str(row.recorded_by_id),
                row.recorded_by.name,
                str(row.offered_to_id or ""),
                row.offered_to.name if row.offered_to else "",
            )
            for row in self.watchings
        )

    # --- its end -----------------------------------------------------------------------------------------
    @cached_property
    def stability(self) -> models.StabilityJudgement | None:
        return self._latest(models.StabilityJudgement)

    @cached_property
    def exits(self) -> Sequence[models.Exit]:
        return self._all(models.Exit, "signature")

    @cached_property
    def sheet(self) -> models.GoingHomeSheet | None:
        """What the patient takes home, as last prepared."""
        return self._latest(models.GoingHomeSheet, "visit__clinic")

    @cached_property
    def receipt(self) -> models.SheetReceipt | None:
        """Who last signed for it."""
        return self._latest(models.SheetReceipt)

    @cached_property
    def leaving_points(self) -> Sequence[models.LeavingPoints]:
        """What the record of leaving holds besides the gate."""
        return self._all(models.LeavingPoints)

    @cached_property
    def programme_form(self) -> models.ProgrammeForm | None:
        """What was answered for the safety programme's form alone."""
        return self._latest(models.ProgrammeForm)

    @cached_property
    def form_sent(self) -> models.ProgrammeFormSent | None:
        """That the form reached the programme."""
        return self._latest(models.ProgrammeFormSent)

    @cached_property
    def offer(self) -> models.IntegrationOffer | None:
        """What became of the offer to talk the session through."""
        return self._latest(models.IntegrationOffer, "appointment__therapist")

    @cached_property
    def note(self) -> models.VisitNote | None:
        """The note as last saved."""
        return self._latest(models.VisitNote)

    @cached_property
    def note_lock(self) -> models.NoteLock | None:
        """The signature that locked the note."""
        return self._latest(models.NoteLock, "note", "signature")

    @cached_property
    def elopement(self) -> models.Elopement | None:
        """The last time somebody noticed that the patient had walked out."""
        return self._latest(models.Elopement)

    @cached_property
    def searches(self) -> Sequence[models.SearchEntry]:
        """What was done about it, in the order it happened."""
        return sorted(self._all(models.SearchEntry), key=lambda entry: entry.measured_at)

    @cached_property
    def close_record(self) -> models.CloseRecord | None:
        return self._latest(models.CloseRecord, "signature")

    @cached_property
    def steps(self) -> Sequence[models.VisitTransition]:
        return self._all(models.VisitTransition)

    # --- reading -----------------------------------------------------------------------------------------
    def _all(self, model: type[F], *related: str) -> list[F]:
        return _of_one_visit(model, related)(visit=self.visit.id)

    def _latest(self, model: type[F], *related: str) -> F | None:
        return _last(self._all(model, *related))


_BATCHES: dict[str, tuple[type[VisitFact], tuple[str, ...]]] = {
    "devices": (models.DeviceAdministration, ("given_by",)),
    "infusion": (models.InfusionEvent, ("given_by",)),
    "direct": (models.DirectDose, ("given_by",)),
    "observations": (models.Observation, ()),
    "alarms": (models.Alarm, ("acknowledgement__recorded_by",)),
    "deviations": (models.Deviation, ("answer__recorded_by",)),
    "waivers": (models.WaivedObservation, ()),
    "late_entries": (models.LateEntry, ("author",)),
    "watchings": (models.Watching, ("offered_to",)),
    "exits": (models.Exit, ("signature",)),
    "steps": (models.VisitTransition, ()),
}
_MOVABLE: tuple[type[VisitFact], ...] = (
    models.Observation,
    models.DeviceAdministration,
    models.InfusionEvent,
    models.DirectDose,
    models.MedicineGiven,
)
_ONE: dict[str, tuple[type[VisitFact], tuple[str, ...]]] = {
    "stability": (models.StabilityJudgement, ()),
    "escort": (models.EscortPlan, ()),
    "watch_plan": (models.WatchPlan, ()),
    "escort_arrival": (models.EscortArrival, ()),
    "instructions": (models.InstructionsSignature, ()),
}
_KEYS: dict[str, Callable[[Any], Any]] = {
    "devices": lambda row: (row.measured_at, row.number),
    "infusion": lambda row: row.measured_at,
    "direct": lambda row: (row.measured_at, row.number, row.step != models.DirectStep.GIVEN),
    "observations": lambda row: (row.measured_at, row.recorded_at),
}


def standing(fact: G) -> G:
    """The fact as it stands: the last correction of it, or itself."""
    while (later := type(fact)._default_manager.filter(corrects_id=fact.pk).first()) is not None:
        fact = later
    return fact


def _judged_risks(visits: Sequence[models.Visit]) -> dict[UUID, list[SuicideRiskAssessment]]:
    """The standing judgements of risk about visits, by patient, oldest first."""
    grouped: dict[UUID, list[SuicideRiskAssessment]] = defaultdict(list)
    rows = SuicideRiskAssessment.objects.filter(
        patient__in={visit.course.patient_id for visit in visits},
        correction__isnull=True,
        assessed_at__gte=min(visit.scheduled_at for visit in visits) - _AROUND,
    )
    for row in rows.select_related("recorded_by").order_by("assessed_at", "recorded_at"):
        grouped[row.patient_id].append(row)
    return grouped


def records(visits: Sequence[models.Visit]) -> list[Record]:
    """Records of many visits with what the board needs already read: one query a table, however many visits."""
    made = [Record(visit) for visit in visits]
    for name, (model, related) in _BATCHES.items():
        grouped = _grouped(model, visits, related)
        for record in made:
            rows = [row for row in grouped[record.visit.id] if not getattr(row, "artefact", False)]
            record.__dict__[name] = sorted(rows, key=_KEYS[name]) if name in _KEYS else rows
    judged = _judged_risks(visits) if visits else {}
    for record in made:
        record.__dict__["judged_risks"] = judged.get(record.visit.course.patient_id, [])
    for name, (model, related) in _ONE.items():
        grouped = _grouped(model, visits, related)
        for record in made:
            record.__dict__[name] = _last(grouped[record.visit.id])
    return made


def _grouped(
    model: type[VisitFact], visits: Sequence[models.Visit], related: tuple[str, ...]
) -> dict[UUID, list[VisitFact]]:
    grouped: dict[UUID, list[VisitFact]] = defaultdict(list)
    ids = [visit.id for visit in visits]
    # One visit is what a board reads again after each write.
    one = len(ids) == 1
    for row in _of_one_visit(model, related)(visit=ids[0]) if one else _standing(model, ids, *related):
        grouped[row.visit_id].append(row)
    return grouped


@cache
def _of_one_visit(model: type[F], related: tuple[str, ...]) -> Compiled[F]:
    """One visit's rows of a table: a page asks dozens of tables, each in words that never change."""
    return Compiled(lambda visit: _standing(model, [visit], *related), "visit")


_observations = Compiled(
    lambda visit: models.Observation.objects.filter(visit=visit).select_related("recorded_by"), "visit"
)
_moved = Compiled(
    lambda visit: models.MovedEntry.objects.filter(visit=visit).select_related("recorded_by"), "visit"
)
_papers = Compiled(
    lambda visit: models.FromPaper.objects.filter(visit=visit).select_related("recorded_by", "measured_by"),
    "visit",
)


def _standing(model: type[F], ids: Sequence[UUID], *related: str) -> QuerySet[F]:
    """Rows that no later row corrects and that were not moved away, in the order they were entered."""
    rows = model.objects.current().filter(visit__in=ids)
    if model in _MOVABLE:
        rows = rows.exclude(id__in=models.MovedEntry.objects.filter(visit__in=ids).values("original"))
    return rows.select_related("recorded_by", *related).order_by("recorded_at", "id")


def _last(rows: Iterable[G]) -> G | None:
    return next(iter(list(rows)[-1:]), None)
