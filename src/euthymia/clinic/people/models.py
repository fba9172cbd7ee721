"""Patients, and what is known of them before any course begins."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Lower

from euthymia.clinic.access.models import Clinic
from euthymia.clinic.audit.bases import Fact, State, tracked
from euthymia.clinic.audit.checks import one_of, within


class Sex(models.TextChoices):
    """Sex as the safety programme's forms ask for it."""

    FEMALE = "female", "Female"
    MALE = "male", "Male"
    OTHER = "other", "Other"
    UNKNOWN = "unknown", "Not recorded"


class Ancestry(models.TextChoices):
    """Ancestry as the kinetic models and the European first dose distinguish it; used for nothing else."""

    NOT_RECORDED = "", "Not recorded"
    OTHER = "other", "Neither of these"
    ASIAN = "asian", "Asian, not Japanese"
    JAPANESE = "japanese", "Japanese"


class Adherence(models.TextChoices):
    """Whether the drug was taken as prescribed, as the clinician judged it."""

    YES = "yes", "Yes, as prescribed"
    PARTLY = "partly", "Partly"
    NO = "no", "No"
    UNKNOWN = "unknown", "Not known"


class TrialResult(models.TextChoices):
    """How an antidepressant trial ended. The words are those of the rules."""

    RESPONDED = "responded", "Responded"
    INADEQUATE = "inadequate response", "Response was not enough"
    INTOLERANT = "not tolerated", "Not tolerated"
    UNKNOWN = "", "Not known"


class DrugClass(models.TextChoices):
    """Families of antidepressant treatment."""

    SSRI = "ssri", "SSRI"
    SNRI = "snri", "SNRI"
    TRICYCLIC = "tricyclic", "Tricyclic"
    MAOI = "maoi", "MAO inhibitor"
    ATYPICAL = "atypical", "Another antidepressant"
    AUGMENTATION = "augmentation", "Augmentation (added to an antidepressant)"
    PSYCHOTHERAPY = "psychotherapy", "Psychotherapy"
    ECT = "ect", "Electroconvulsive therapy"
    TMS = "tms", "Magnetic or other stimulation"
    OTHER = "other", "Another treatment"


class DoseUnit(models.TextChoices):
    """Units a dose is entered in. The codes are those of the evidence."""

    MG = "mg/d", "mg a day"
    UG = "ug/d", "µg a day"
    MMOL = "mmol/L", "mmol/L in blood"


class Placement(models.TextChoices):
    """Where the electrodes of electroconvulsive therapy were."""

    UNKNOWN = "", "Not known"
    BILATERAL = "bilateral", "Bilateral"
    UNILATERAL = "unilateral", "Unilateral"


class OriginKind(models.TextChoices):
    """Who or what a trial is known from."""

    UNKNOWN = "", "Not stated"
    PATIENT = "patient", "The patient"
    PHARMACY = "pharmacy", "A pharmacy record"
    LETTER = "letter", "A letter"
    RECORD = "record", "Another clinic's record"
    OTHER = "other", "Something else"


_PARTIAL_DATE = r"^([0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?)?$"


@tracked()
class Patient(State):
    """One person in treatment at one clinic. ``restricted`` patients open only to break-glass access."""

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="patients")
    medical_record_number = models.CharField(max_length=32)
    given_name = models.CharField(max_length=100)
    family_name = models.CharField(max_length=100)
    called = models.CharField(
        max_length=100, blank=True, help_text="The name the patient likes to be called by."
    )
    birth_date = models.DateField()
    sex = models.CharField(max_length=8, choices=Sex.choices)
    ancestry = models.CharField(
        max_length=8, choices=Ancestry.choices, blank=True, default=Ancestry.NOT_RECORDED
    )
    phone = models.CharField(max_length=40, blank=True)
    email = models.EmailField(blank=True)
    address = models.TextField(blank=True)
    emergency_contact_name = models.CharField(max_length=200, blank=True)
    emergency_contact_phone = models.CharField(max_length=40, blank=True)
    emergency_contact_relation = models.CharField(max_length=100, blank=True)
    allergies = models.TextField(
        blank=True, help_text="Empty means not asked; write 'none known' when asked."
    )
    restricted = models.BooleanField(default=False, help_text="Opens to break-glass access only.")
    revision = models.PositiveIntegerField(
        default=1, help_text="Grows with each change, so that two never overlap."
    )
    registered_by_key = models.UUIDField(
        null=True, blank=True, unique=True, help_text="The idempotency key of the registration."
    )

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["clinic", "medical_record_number"], name="people_patient_mrn_once"
            ),
            one_of("sex", Sex.values),
            one_of("ancestry", Ancestry.values),
        )
        indexes = (
            models.Index("clinic", Lower("family_name"), Lower("given_name"), name="people_patient_by_name"),
            models.Index(fields=["clinic", "birth_date"], name="people_patient_by_birth"),
        )

    def __str__(self) -> str:
        return self.medical_record_number


class AntidepressantTrial(Fact):
    """One earlier treatment of the depression: a drug, an addition to one, psychotherapy or stimulation.

    ``drug`` stays as it was typed; ``drug_code`` is the entry of the evidence's list it was found to be.
    ``started`` and ``stopped`` are a year, a month or a day. ``judged`` is the prescriber's own judgement of
    whether the trial counts; it stands beside the computed one. Entries from before ``dose_amount`` carry
    ``dose_mg`` alone.
    """

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="antidepressant_trials")
    drug = models.CharField(max_length=120)
    drug_class = models.CharField(max_length=16, choices=DrugClass.choices)
    oral = models.BooleanField(null=True, help_text="Null: not known.")
    dose_mg = models.DecimalField(
        max_digits=7, decimal_places=2, null=True, help_text="Per day, the highest held."
    )
    dose_adequate = models.BooleanField(null=True, help_text="Null: not judged.")
    weeks = models.DecimalField(
        max_digits=5, decimal_places=1, null=True, help_text="Weeks at an adequate dose."
    )
    adherence = models.CharField(max_length=8, choices=Adherence.choices)
    result = models.CharField(max_length=24, choices=TrialResult.choices, blank=True)
    improvement_percent = models.DecimalField(max_digits=4, decimal_places=1, null=True)
    current_episode = models.BooleanField(null=True, help_text="Null: not known.")
    reason_stopped = models.TextField(blank=True)
    origin = models.CharField(max_length=200, help_text="Where this is known from: a letter, the patient.")
    drug_code = models.CharField(max_length=16, blank=True, default="", help_text="Empty: not in the list.")
    dose_amount = models.DecimalField(
        max_digits=9, decimal_places=3, null=True, help_text="The highest held."
    )
    dose_unit = models.CharField(max_length=8, choices=DoseUnit.choices, blank=True, default="")
    started = models.CharField(
        max_length=10, blank=True, default="", help_text="2024, 2024-03 or 2024-03-15."
    )
    stopped = models.CharField(max_length=10, blank=True, default="")
    ongoing = models.BooleanField(default=False, help_text="Still taken when it was entered.")
    sessions = models.PositiveSmallIntegerField(null=True)
    placement = models.CharField(max_length=12, choices=Placement.choices, blank=True, default="")
    augments = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        related_name="augmented_by",
        help_text="Added to this one.",
    )
    origin_kind = models.CharField(max_length=12, choices=OriginKind.choices, blank=True, default="")
    judged = models.BooleanField(null=True, help_text="The prescriber's own judgement; null: as computed.")
    judged_reason = models.TextField(blank=True, default="")

    class Meta(Fact.Meta):
        constraints = (
            *Fact.Meta.constraints,
            one_of("drug_class", DrugClass.values),
            one_of("adherence", Adherence.values),
            one_of("result", TrialResult.values),
            one_of("dose_unit", DoseUnit.values, or_blank=True),
            one_of("placement", Placement.values),
            one_of("origin_kind", OriginKind.values),
            models.CheckConstraint(
                condition=models.Q(dose_mg__isnull=True) | models.Q(dose_mg__gt=0),
                name="people_antidepressanttrial_dose_positive",
            ),
            models.CheckConstraint(
                condition=models.Q(dose_amount__isnull=True)
                | (models.Q(dose_amount__gt=0) & ~models.Q(dose_unit="")),
                name="people_antidepressanttrial_amount_has_unit",
            ),
            models.CheckConstraint(
                condition=models.Q(started__regex=_PARTIAL_DATE) & models.Q(stopped__regex=_PARTIAL_DATE),
                name="people_antidepressanttrial_dates_written",
            ),
            models.CheckConstraint(
                condition=models.Q(judged__isnull=True) | ~models.Q(judged_reason=""),
                name="people_antidepressanttrial_judgement_has_reason",
            ),
            models.CheckConstraint(
                condition=models.Q(weeks__isnull=True) | models.Q(weeks__gte=0),
                name="people_antidepressanttrial_weeks_possible",
            ),
            models.CheckConstraint(
                condition=models.Q(improvement_percent__isnull=True) | models.Q(improvement_percent__lte=100),
                name="people_antidepressanttrial_improvement_possible",
            ),
        )
        indexes = (models.Index(fields=["patient", "recorded_at"], name="people_trial_by_patient"),)


class BodyWeight(Fact):
    """One weighing."""

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="weights")
    weight_kg = models.DecimalField(max_digits=4, decimal_places=1)
    measured_at = models.DateTimeField()
    entered_offset_min = models.SmallIntegerField()

    class Meta(Fact.Meta):
        constraints = (*Fact.Meta.constraints, within("weight_kg", 1, 650))
        indexes = (models.Index(fields=["patient", "-measured_at"], name="people_weight_by_patient"),)


class SamePerson(Fact):
    """Somebody signed that two records are of one person: ``retired`` is closed to orders, ``surviving`` stands.

    Nothing moves between the two: the facts of each stay where they were recorded.
    ``SamePersonUndone`` undoes it.
    """

    retired = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="retired_by")
    surviving = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="survives")
    why = models.TextField(help_text="How it is known that they are one person.")
    signature = models.OneToOneField("audit.Signature", on_delete=models.PROTECT, related_name="+")

    class Meta(Fact.Meta):
        constraints = (
            *Fact.Meta.constraints,
            models.CheckConstraint(
                condition=~models.Q(retired=models.F("surviving")), name="people_sameperson_two_records"
            ),
        )


class SamePersonUndone(Fact):
    """Somebody signed that two records were joined by mistake. The retired one takes orders again."""

    joined = models.OneToOneField(SamePerson, on_delete=models.PROTECT, related_name="undone")
    why = models.TextField()
    signature = models.OneToOneField("audit.Signature", on_delete=models.PROTECT, related_name="+")
