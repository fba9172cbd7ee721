"""What goes home with the patient, and what is done about one who walked out unseen."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from euthymia.clinic.audit.bases import Fact
from euthymia.clinic.audit.checks import one_of
from euthymia.clinic.visits.models.visit import TimedFact


class Elopement(TimedFact):
    """Somebody noticed that the patient is gone. ``measured_at`` is when; the patient was last seen before.

    Nothing but the times is asked for at first: what is not known yet is written as it becomes known.
    """

    last_seen_at = models.DateTimeField()
    last_seen_by = models.CharField(max_length=200, blank=True)
    last_seen_where = models.CharField(max_length=200, blank=True)
    how = models.TextField(
        blank=True, help_text="How the patient was: walking, a line in the arm, what was said."
    )

    class Meta(TimedFact.Meta):
        constraints = (
            *TimedFact.Meta.constraints,
            models.CheckConstraint(
                condition=Q(last_seen_at__lte=F("measured_at")), name="visits_last_seen_before_missed"
            ),
        )


class SearchStep(models.TextChoices):
    """What is done about somebody who walked out."""

    SEARCHED = "searched", "Searched the house and around it"
    CALLED_PATIENT = "called patient", "Called the patient"
    CALLED_ESCORT = "called escort", "Called the escort"
    TOLD_PRESCRIBER = "told prescriber", "Told a prescriber"
    DECIDED = "decided", "Decided about police or a welfare check"
    HEARD = "heard", "Heard where the patient is"


class Decision(models.TextChoices):
    """What was decided about calling others."""

    POLICE = "police", "The police were called"
    WELFARE = "welfare", "A welfare check was asked for"
    NEITHER = "neither", "Neither, for now"


class SearchEntry(TimedFact):
    """One thing that was done about somebody who walked out, and what came of it."""

    elopement = models.ForeignKey(Elopement, on_delete=models.PROTECT, related_name="entries")
    step = models.CharField(max_length=16, choices=SearchStep.choices)
    decision = models.CharField(max_length=8, choices=Decision.choices, blank=True)
    detail = models.TextField(help_text="Where, whom, and what came of it; for a decision, why.")

    class Meta(TimedFact.Meta):
        constraints = (
            *TimedFact.Meta.constraints,
            one_of("step", SearchStep.values),
            one_of("decision", Decision.values, or_blank=True),
            models.CheckConstraint(condition=~Q(detail=""), name="visits_search_says_what_came_of_it"),
            models.CheckConstraint(
                condition=Q(step=SearchStep.DECIDED) & ~Q(decision="")
                | ~Q(step=SearchStep.DECIDED) & Q(decision=""),
                name="visits_search_decision_is_named",
            ),
        )


class HouseContact(Fact):
    """Whom a patient calls at any hour after going home, as the clinic says. The latest row stands."""

    phone = models.CharField(max_length=40)
    answers = models.CharField(
        max_length=120, help_text="Who answers: the clinic by day, the duty doctor by night."
    )

    class Meta(Fact.Meta):
        constraints = (
            *Fact.Meta.constraints,
            models.CheckConstraint(
                condition=~Q(phone="") & ~Q(answers=""), name="visits_contact_can_be_reached"
            ),
        )
        indexes = (models.Index(fields=["clinic", "-recorded_at"], name="visits_contact_by_clinic"),)


class GoingHomeSheet(TimedFact):
    """What a patient takes home, frozen word for word. The latest of a visit stands.

    It opens on a telephone without signing in until ``expires_at``, at an address nobody can guess, and holds
    nothing that says who the patient is or what was treated.
    """

    text_version = models.CharField(max_length=40)
    text = models.TextField()
    text_sha256 = models.CharField(max_length=64)
    no_driving_before = models.DateTimeField(null=True, blank=True)
    contact = models.CharField(max_length=200, blank=True, help_text="Empty: the clinic has set none.")
    crisis_line = models.CharField(max_length=300, blank=True)
    expires_at = models.DateTimeField()


class Signer(models.TextChoices):
    """Who signs for what was handed over."""

    ESCORT = "escort", "The adult who takes the patient home"
    PATIENT = "patient", "The patient"
    NOBODY = "nobody", "Nobody signed"


class SheetReceipt(TimedFact):
    """Somebody signed for what was handed over, or did not and why.

    ``strokes`` is the signature as drawn on the screen: lines of points, each 0 to 1000 across and down. Without
    it the name stands as it was written.
    """

    sheet = models.ForeignKey(GoingHomeSheet, on_delete=models.PROTECT, related_name="receipts")
    signer = models.CharField(max_length=8, choices=Signer.choices)
    signed_name = models.CharField(max_length=200, blank=True)
    strokes = models.JSONField(default=list)
    received = models.JSONField(default=list, help_text="What was handed over.")
    why_not = models.TextField(blank=True)

    class Meta(TimedFact.Meta):
        constraints = (
            *TimedFact.Meta.constraints,
            one_of("signer", Signer.values),
            models.CheckConstraint(
                condition=Q(signer=Signer.NOBODY) & ~Q(why_not="")
                | ~Q(signer=Signer.NOBODY) & ~Q(signed_name=""),
                name="visits_receipt_is_signed_or_says_why",
            ),
        )


class LeavingPoints(TimedFact):
    """What the record of leaving holds besides the gate, where the jurisdiction asks for it.

    ``ready_at`` is when the patient would have been ready had no time been fixed; ``gone_through`` the risks of
    the programme's checklist.
    """

    ready_at = models.DateTimeField(null=True, blank=True)
    gone_through = models.JSONField(default=list)
