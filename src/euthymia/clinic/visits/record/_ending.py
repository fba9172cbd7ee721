"""How the visit ended, what the patient took home, and the note."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from euthymia.clinic.visits import models
from euthymia.clinic.visits.record._dose import DoseRows


class EndingRows(DoseRows):
    """How the visit ended, what the patient took home, and the note."""

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
