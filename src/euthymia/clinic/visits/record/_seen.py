"""What was measured and done while the patient was watched, and by whom."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from uuid import UUID

from euthymia.clinic.visits import models
from euthymia.clinic.visits.models.visit import VisitFact
from euthymia.clinic.visits.record._check_in import CheckInRows
from euthymia.clinic.visits.record._standing import IN_ORDER, moved_of, observations_of, papers_of
from euthymia.protocol import Watch, WatchEvent, WatchStep
from euthymia.protocol.watching import watch_of


class SeenRows(CheckInRows):
    """What was measured and done while the patient was watched, and by whom."""

    @cached_property
    def observation_rows(self) -> Sequence[models.Observation]:
        """Every row, corrected ones and artefacts too: what the page shows beside what stands."""
        return sorted(observations_of(visit=self.visit.id), key=IN_ORDER["observations"])

    @cached_property
    def observations(self) -> Sequence[models.Observation]:
        """Values that stand, artefacts left out."""
        gone = {row.corrects_id for row in self.observation_rows} | self.moved_away.keys()
        return [row for row in self.observation_rows if row.id not in gone and not row.artefact]

    @cached_property
    def moved_away(self) -> dict[UUID, models.MovedEntry]:
        """Entries that were another patient's, by the row that stays here to be seen."""
        return {row.original: row for row in moved_of(visit=self.visit.id)}

    @cached_property
    def alarms(self) -> Sequence[models.Alarm]:
        return self._all(models.Alarm, "acknowledgement__recorded_by")

    @cached_property
    def from_paper(self) -> dict[UUID, models.FromPaper]:
        """What was copied from paper afterwards, by the row it made."""
        return {row.row: row for row in papers_of(visit=self.visit.id)}

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
