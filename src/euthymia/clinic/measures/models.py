"""What was asked and measured: questionnaires with their wording frozen, ratings, medicines, tests, the body."""

from __future__ import annotations

from django.db import models

from euthymia.clinic.audit.bases import Fact
from euthymia.clinic.audit.checks import one_of, within
from euthymia.clinic.people.models import Patient
from euthymia.evidence import scales
from euthymia.protocol import Examination, LiverImpairment, Substance

SUBSTANCES = [(each.name.lower(), each.value[0].upper() + each.value[1:]) for each in Substance]
EXAMINATIONS = [(each.name.lower(), each.value[0].upper() + each.value[1:]) for each in Examination]
LIVER = [(each.name.lower(), each.value[0].upper() + each.value[1:]) for each in LiverImpairment]


class Mode(models.TextChoices):
    """How an answer reached the record."""

    DEVICE = "device", "The patient answered on a device"
    PAPER = "paper", "Copied from paper"
    ASKED = "asked", "Read out and asked"
    PHONE = "phone", "The patient answered on their own phone"


class QuestionnaireResponse(Fact):
    """One filled-in questionnaire. ``wording`` is the text as it was read: it renders the same for ever."""

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="responses")
    instrument = models.CharField(max_length=40)
    instrument_version = models.CharField(max_length=40)
    wording_sha256 = models.CharField(max_length=64)
    wording = models.JSONField(help_text="Stem, items and options as shown.")
    answers = models.JSONField(help_text="Item id to score; an item left out was not answered.")
    difficulty = models.CharField(
        max_length=200, blank=True, help_text="The answer beside the total, in words."
    )
    total = models.PositiveSmallIntegerField(null=True, help_text="Null when an item was not answered.")
    recall_days = models.PositiveSmallIntegerField(help_text="The days the questions look back over.")
    taken_at = models.DateTimeField()
    entered_offset_min = models.SmallIntegerField()
    mode = models.CharField(max_length=8, choices=Mode.choices)

    class Meta(Fact.Meta):
        constraints = (*Fact.Meta.constraints, one_of("mode", Mode.values))
        indexes = (
            models.Index(fields=["patient", "instrument", "-taken_at"], name="measures_response_by_patient"),
        )


class MoodRating(Fact):
    """Mood from 0, the worst the patient can imagine, to 10, the best; about now."""

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="moods")
    mood = models.PositiveSmallIntegerField()
    rated_at = models.DateTimeField()
    entered_offset_min = models.SmallIntegerField()
    mode = models.CharField(max_length=8, choices=Mode.choices)

    class Meta(Fact.Meta):
        constraints = (*Fact.Meta.constraints, one_of("mode", Mode.values), within("mood", 0, 10))
        indexes = (models.Index(fields=["patient", "-rated_at"], name="measures_mood_by_patient"),)


class ScaleScore(Fact):
    """The total of a scale whose text is not shipped: the number, when it was scored and by whom."""

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="scale_scores")
    scale = models.CharField(max_length=40, choices=[(each.id, each.title) for each in scales()])
    total = models.DecimalField(max_digits=5, decimal_places=1)
    scored_at = models.DateTimeField()
    entered_offset_min = models.SmallIntegerField()
    scored_by = models.CharField(max_length=200, help_text="Who scored it, and on what.")

    class Meta(Fact.Meta):
        constraints = (
            *Fact.Meta.constraints,
            models.CheckConstraint(condition=models.Q(total__gte=0), name="measures_scalescore_not_negative"),
            models.CheckConstraint(condition=~models.Q(scored_by=""), name="measures_scalescore_by_whom"),
        )
        indexes = (models.Index(fields=["patient", "scale", "-scored_at"], name="measures_scale_by_patient"),)


class MedicineList(Fact):
    """The medicines as somebody went through them with the patient: the latest list stands, whole."""

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="medicine_lists")
    none_taken = models.BooleanField(help_text="Asked, and the patient takes none.")
    basis = models.CharField(max_length=200, help_text="Where it is known from.")
    taken_at = models.DateTimeField(help_text="When the list was gone through.")
    entered_offset_min = models.SmallIntegerField()

    class Meta(Fact.Meta):
        constraints = (
            *Fact.Meta.constraints,
            models.CheckConstraint(condition=~models.Q(basis=""), name="measures_medicinelist_has_basis"),
        )
        indexes = (models.Index(fields=["patient", "-taken_at"], name="measures_medicines_by_patient"),)


class MedicineTaken(Fact):
    """One medicine of a list. ``classes`` holds names of ``protocol.InteractionClass``; null: nobody said yet."""

    medicine_list = models.ForeignKey(MedicineList, on_delete=models.PROTECT, related_name="medicines")
    name = models.CharField(max_length=120)
    dose = models.CharField(max_length=120, blank=True)
    classes = models.JSONField(null=True)
    lorazepam_mg_per_day = models.DecimalField(
        max_digits=5, decimal_places=2, null=True, help_text="A benzodiazepine's daily dose, as converted."
    )
    started_on = models.DateField(null=True)
    stopped_on = models.DateField(null=True)


class SubstanceAnswer(Fact):
    """What was said about the use of one substance. The latest answer stands."""

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="substance_answers")
    substance = models.CharField(max_length=40, choices=SUBSTANCES)
    times_past_year = models.PositiveSmallIntegerField(null=True, help_text="Null: not known.")
    last_used_on = models.DateField(null=True)
    basis = models.CharField(max_length=200)
    asked_at = models.DateTimeField()
    entered_offset_min = models.SmallIntegerField()

    class Meta(Fact.Meta):
        constraints = (*Fact.Meta.constraints, one_of("substance", [value for value, _ in SUBSTANCES]))
        indexes = (models.Index(fields=["patient", "-asked_at"], name="measures_substance_by_patient"),)


class ExaminationRecord(Fact):
    """What an examination or a test showed, as it was read. The latest of a kind counts."""

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="examinations")
    examination = models.CharField(max_length=40, choices=EXAMINATIONS)
    done_on = models.DateField(help_text="When it was taken, not when it was reported.")
    value = models.CharField(max_length=40, blank=True, help_text="The number, as it was printed.")
    unit = models.CharField(max_length=24, blank=True)
    result = models.CharField(max_length=400, blank=True, help_text="The finding, in words.")
    abnormal = models.BooleanField(null=True, help_text="The reader's judgement; null: not read yet.")
    read_by = models.CharField(max_length=120, blank=True)

    class Meta(Fact.Meta):
        constraints = (
            *Fact.Meta.constraints,
            one_of("examination", [value for value, _ in EXAMINATIONS]),
            models.CheckConstraint(
                condition=models.Q(abnormal__isnull=True) | ~models.Q(read_by=""),
                name="measures_examinationrecord_reading_has_reader",
            ),
        )
        indexes = (models.Index(fields=["patient", "-done_on"], name="measures_exam_by_patient"),)


class LiverJudgement(Fact):
    """How much the liver is impaired, as a clinician judged it. The software computes no class."""

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="liver_judgements")
    impairment = models.CharField(max_length=16, choices=LIVER)
    basis = models.CharField(max_length=200)
    judged_at = models.DateTimeField()
    entered_offset_min = models.SmallIntegerField()

    class Meta(Fact.Meta):
        constraints = (*Fact.Meta.constraints, one_of("impairment", [value for value, _ in LIVER]))
        indexes = (models.Index(fields=["patient", "-judged_at"], name="measures_liver_by_patient"),)


class RestingPressure(Fact):
    """Blood pressure at rest, away from any treatment."""

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="resting_pressures")
    systolic_mmhg = models.PositiveSmallIntegerField()
    diastolic_mmhg = models.PositiveSmallIntegerField()
    measured_at = models.DateTimeField()
    entered_offset_min = models.SmallIntegerField()

    class Meta(Fact.Meta):
        constraints = (
            *Fact.Meta.constraints,
            models.CheckConstraint(
                condition=models.Q(systolic_mmhg__gt=models.F("diastolic_mmhg"), diastolic_mmhg__gt=0),
                name="measures_restingpressure_possible",
            ),
        )
        indexes = (models.Index(fields=["patient", "-measured_at"], name="measures_pressure_by_patient"),)


class BodyHeight(Fact):
    """One measurement of height."""

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="heights")
    height_cm = models.DecimalField(max_digits=4, decimal_places=1)
    measured_at = models.DateTimeField()
    entered_offset_min = models.SmallIntegerField()

    class Meta(Fact.Meta):
        constraints = (*Fact.Meta.constraints, within("height_cm", 30, 275))
        indexes = (models.Index(fields=["patient", "-measured_at"], name="measures_height_by_patient"),)
