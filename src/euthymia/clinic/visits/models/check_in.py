"""What check-in finds. Each piece is a fact of its own, so that each has its author, its time and its correction."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from euthymia.clinic.audit.checks import one_of
from euthymia.clinic.audit.models import Signature
from euthymia.clinic.courses.models import CONDITIONS
from euthymia.clinic.measures.models import MedicineList, QuestionnaireResponse
from euthymia.clinic.people.models import BodyWeight
from euthymia.clinic.safety.models import SuicideRiskAssessment
from euthymia.clinic.visits.models.visit import TimedFact, VisitFact
from euthymia.protocol import Answer


class Identifier(models.TextChoices):
    """What a patient is known by. Two different ones are checked."""

    NAME = "name", "Full name, said by the patient"
    BIRTH_DATE = "birth date", "Date of birth, said by the patient"
    RECORD_NUMBER = "record number", "Record number on a wristband or card"
    PHOTO_ID = "photo id", "Photo identity document"
    ADDRESS = "address", "Address, said by the patient"


class IdentityCheck(TimedFact):
    """Who sits in the chair, by two identifiers."""

    first = models.CharField(max_length=16, choices=Identifier.choices)
    second = models.CharField(max_length=16, choices=Identifier.choices)

    class Meta(TimedFact.Meta):
        constraints = (
            *TimedFact.Meta.constraints,
            one_of("first", Identifier.values),
            one_of("second", Identifier.values),
            models.CheckConstraint(condition=~Q(first=F("second")), name="visits_two_different_identifiers"),
        )


class FastingReport(VisitFact):
    """When the patient last ate and last drank, as the patient says."""

    last_food_at = models.DateTimeField()
    last_liquid_at = models.DateTimeField()
    entered_offset_min = models.SmallIntegerField()


class NasalProductReport(VisitFact):
    """Whether a nasal steroid or decongestant was used today, and when."""

    used = models.BooleanField()
    product = models.CharField(max_length=120, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    entered_offset_min = models.SmallIntegerField()

    class Meta(VisitFact.Meta):
        constraints = (
            *VisitFact.Meta.constraints,
            models.CheckConstraint(
                condition=Q(used=False, last_used_at__isnull=True, product="")
                | Q(used=True, last_used_at__isnull=False),
                name="visits_nasal_product_used_when",
            ),
        )


class EscortPlan(VisitFact):
    """The adult who will take the patient home."""

    name = models.CharField(max_length=200)
    phone = models.CharField(max_length=40)
    expected_at = models.DateTimeField()
    entered_offset_min = models.SmallIntegerField()

    class Meta(VisitFact.Meta):
        constraints = (
            *VisitFact.Meta.constraints,
            models.CheckConstraint(condition=~Q(name="") & ~Q(phone=""), name="visits_escort_can_be_reached"),
        )


class EscortArrival(TimedFact):
    """The escort is here, or not here after all: gone again, or entered by mistake, which ``why`` says.

    ``name`` says who came, which may not be who was announced.
    """

    here = models.BooleanField(default=True)
    name = models.CharField(max_length=200, blank=True)
    why = models.TextField(blank=True)

    class Meta(TimedFact.Meta):
        constraints = (
            *TimedFact.Meta.constraints,
            models.CheckConstraint(
                condition=(models.Q(here=True) & ~models.Q(name=""))
                | (models.Q(here=False) & ~models.Q(why="")),
                name="visits_escort_named_or_gone",
            ),
        )


class MedicineReport(VisitFact):
    """The medicines as the patient said today: the list that stands was affirmed, or a new one was written.

    ``detail`` is what nobody could sort into the list; null ``medicine_list``: told before lists were gone through.
    """

    changed = models.BooleanField()
    detail = models.TextField(blank=True)
    medicine_list = models.ForeignKey(MedicineList, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta(VisitFact.Meta):
        constraints = (
            *VisitFact.Meta.constraints,
            models.CheckConstraint(
                condition=Q(changed=False) | ~Q(detail="") | Q(medicine_list__isnull=False),
                name="visits_change_is_told",
            ),
        )


class InstructionsSignature(TimedFact):
    """The patient's signature on the instructions for going home, with the text as it was read."""

    text_version = models.CharField(max_length=40)
    text = models.TextField()
    text_sha256 = models.CharField(max_length=64)
    signed_name = models.CharField(max_length=200, help_text="As the patient wrote it.")


class PregnancyAnswer(models.TextChoices):
    """The result of asking or testing for pregnancy today."""

    NOT_POSSIBLE = "not possible", "Not possible"
    NEGATIVE = "negative", "Possible; test negative"
    POSITIVE = "positive", "Possible; test positive"


class PregnancyCheck(TimedFact):
    """Pregnancy today. "Not possible" needs its basis."""

    answer = models.CharField(max_length=16, choices=PregnancyAnswer.choices)
    basis = models.CharField(max_length=200, blank=True)

    class Meta(TimedFact.Meta):
        constraints = (
            *TimedFact.Meta.constraints,
            one_of("answer", PregnancyAnswer.values),
            models.CheckConstraint(
                condition=~Q(answer=PregnancyAnswer.NOT_POSSIBLE) | ~Q(basis=""),
                name="visits_not_possible_has_basis",
            ),
        )


class DayAnswer(TimedFact):
    """A question about history asked again today, because the dose today depends on it."""

    condition = models.CharField(max_length=40, choices=CONDITIONS)
    answer = models.CharField(
        max_length=12, choices=[(word.value, word.value) for word in (Answer.YES, Answer.NONE_KNOWN)]
    )
    basis = models.TextField()

    class Meta(TimedFact.Meta):
        constraints = (
            *TimedFact.Meta.constraints,
            one_of("condition", [value for value, _ in CONDITIONS]),
            one_of("answer", [Answer.YES.value, Answer.NONE_KNOWN.value]),
            models.CheckConstraint(condition=~Q(basis=""), name="visits_dayanswer_has_basis"),
        )


class ProgrammeCheck(TimedFact):
    """What the safety programme asks of the site on the day. Empty means not checked."""

    site_certified = models.BooleanField(null=True)
    prescriber_on_site = models.BooleanField(null=True)
    oximeter_available = models.BooleanField(null=True)


class WeightLink(VisitFact):
    """The weighing that belongs to this visit."""

    weight = models.OneToOneField(BodyWeight, on_delete=models.PROTECT, related_name="visit_link")


class QuestionnaireLink(VisitFact):
    """The questionnaire that was filled in for this visit."""

    response = models.OneToOneField(
        QuestionnaireResponse, on_delete=models.PROTECT, related_name="visit_link"
    )


class RiskLink(VisitFact):
    """A suicide-risk assessment made in this visit: before the dose, or again before leaving."""

    assessment = models.OneToOneField(
        SuicideRiskAssessment, on_delete=models.PROTECT, related_name="visit_link"
    )
    after_dose = models.BooleanField(help_text="Whether it was made after the first dose.")


class HighRiskDecision(VisitFact):
    """The prescriber's decision to treat at high risk, and where the patient is to be looked after."""

    decision = models.TextField()
    level_of_care = models.TextField()
    signature = models.ForeignKey(Signature, on_delete=models.PROTECT, related_name="+")
