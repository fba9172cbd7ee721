"""The note of a visit in all its versions, its lock, what was added after, and what else a closed visit owes."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from euthymia.clinic.audit.checks import one_of
from euthymia.clinic.audit.models import Signature
from euthymia.clinic.courses.models import Appointment
from euthymia.clinic.visits.models.visit import TimedFact, VisitFact


class VisitNote(VisitFact):
    """One version of the note. A later version corrects the earlier one, which stays.

    ``sections`` holds for each section the lines the record gave, each with the facts it stands on, and the
    words a clinician put in their place, if any. ``covers`` names every fact that was there when it was made.
    """

    sections = models.JSONField()
    covers = models.JSONField(default=list)
    content_sha256 = models.CharField(max_length=64)

    class Meta(VisitFact.Meta):
        indexes = (models.Index(fields=["visit", "-recorded_at"], name="visits_note_by_visit"),)


class NoteLock(VisitFact):
    """A clinician signed one version of the note. From then on there are addenda only."""

    note = models.OneToOneField(VisitNote, on_delete=models.PROTECT, related_name="lock")
    signature = models.ForeignKey(Signature, on_delete=models.PROTECT, related_name="+")

    class Meta(VisitFact.Meta):
        constraints = (
            *VisitFact.Meta.constraints,
            models.UniqueConstraint(fields=["visit"], name="visits_note_locked_once"),
        )


class NoteAddendum(VisitFact):
    """What was added to a locked note, signed. ``covers`` names the late facts it speaks to."""

    lock = models.ForeignKey(NoteLock, on_delete=models.PROTECT, related_name="addenda")
    text = models.TextField()
    covers = models.JSONField(default=list)
    signature = models.ForeignKey(Signature, on_delete=models.PROTECT, related_name="+")

    class Meta(VisitFact.Meta):
        constraints = (
            *VisitFact.Meta.constraints,
            models.CheckConstraint(condition=~Q(text=""), name="visits_addendum_says_something"),
        )


class ProgrammeForm(VisitFact):
    """What the safety programme's form asks for and no other entry holds. A later one corrects the earlier."""

    answers = models.JSONField(default=dict)


class ProgrammeFormSent(TimedFact):
    """The form of this visit reached the programme."""

    how = models.CharField(max_length=200, help_text="Online, by fax, and the number it was given.")

    class Meta(TimedFact.Meta):
        constraints = (
            *TimedFact.Meta.constraints,
            models.CheckConstraint(condition=~Q(how=""), name="visits_form_sent_says_how"),
        )


class OfferAnswer(models.TextChoices):
    """What became of the offer to talk the session through."""

    ACCEPTED = "accepted", "Wanted; to be arranged"
    BOOKED = "booked", "Booked"
    DECLINED = "declined", "Not wanted"
    NOT_OFFERED = "not offered", "Not offered"


class IntegrationOffer(TimedFact):
    """A meeting to integrate what came up was offered, and what the patient said."""

    answer = models.CharField(max_length=12, choices=OfferAnswer.choices)
    detail = models.TextField(blank=True)
    appointment = models.ForeignKey(
        Appointment, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta(TimedFact.Meta):
        constraints = (
            *TimedFact.Meta.constraints,
            one_of("answer", OfferAnswer.values),
            models.CheckConstraint(
                condition=~Q(answer=OfferAnswer.NOT_OFFERED) | ~Q(detail=""), name="visits_no_offer_says_why"
            ),
        )
