"""A course of treatment, from referral to its end, and what was decided on the way."""

from __future__ import annotations

from django.db import models

from euthymia.clinic.access.models import Clinic
from euthymia.clinic.audit.bases import Fact, State, tracked
from euthymia.clinic.audit.checks import one_of, within
from euthymia.clinic.people.models import Patient
from euthymia.protocol import COURSE, Answer, Benefit, Condition, Product

PRODUCTS = [
    (Product.ESKETAMINE_NASAL.value, "Esketamine nasal spray"),
    (Product.KETAMINE_IV.value, "Ketamine infusion (off-label)"),
]
CONDITIONS = [(condition.name.lower(), condition.value.capitalize()) for condition in Condition]
WEIGHTS = [("actual", "Weight as measured"), ("ideal", "Ideal body weight")]
ANSWERS = [
    (Answer.YES.value, "Yes"),
    (Answer.NONE_KNOWN.value, "None known"),
    (Answer.NOT_ASKED.value, "Not asked"),
]


class Indication(models.TextChoices):
    """What the course is meant to treat."""

    TRD = "treatment-resistant-depression", "Treatment-resistant depression"
    MDSI = "depression-with-acute-suicidal-ideation", "Depression with acute suicidal ideation"
    PTSD = "post-traumatic-stress-disorder", "Post-traumatic stress disorder"
    OCD = "obsessive-compulsive-disorder", "Obsessive-compulsive disorder"
    ANXIETY = "anxiety-disorder", "Anxiety disorder"
    PAIN = "chronic-pain", "Chronic pain"


class Phase(models.TextChoices):
    """Where a session stands in the schedule."""

    INDUCTION = "induction", "Induction"
    OPTIMISATION = "optimisation", "Weekly sessions after induction"
    MAINTENANCE = "maintenance", "Maintenance"


@tracked()
class Course(State):
    """One course for one patient. It changes state only by a row of the table of transitions."""

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="courses")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="courses")
    product = models.CharField(max_length=32, choices=PRODUCTS)
    indication = models.CharField(max_length=40, choices=Indication.choices, default=Indication.TRD)
    state = models.CharField(max_length=32, default=COURSE.initial)
    referred_by = models.CharField(max_length=200)
    referred_on = models.DateField()
    referral_reason = models.TextField()
    episode_started_on = models.DateField(null=True, help_text="When the current depressive episode began.")
    state_since = models.DateTimeField()
    opened_by_key = models.UUIDField(
        null=True, blank=True, unique=True, help_text="The referral's idempotency key."
    )

    class Meta:
        constraints = (
            one_of("product", [value for value, _ in PRODUCTS]),
            one_of("indication", Indication.values),
            one_of("state", COURSE.states),
            models.UniqueConstraint(
                fields=["patient"],
                condition=~models.Q(state__in=sorted(COURSE.terminal)),
                name="courses_one_open_course_per_patient",
            ),
        )
        indexes = (models.Index(fields=["clinic", "state"], name="courses_course_by_state"),)


class CourseTransition(Fact):
    """One change of state. ``captured`` holds what the table says is recorded with it, in words."""

    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="transitions")
    event = models.CharField(max_length=40)
    source = models.CharField(max_length=32)
    target = models.CharField(max_length=32)
    happened_at = models.DateTimeField()
    captured = models.JSONField(default=dict)

    class Meta(Fact.Meta):
        constraints = (
            *Fact.Meta.constraints,
            one_of("source", COURSE.states),
            one_of("target", COURSE.states),
        )
        indexes = (models.Index(fields=["course", "recorded_at"], name="courses_transition_by_course"),)


class ConditionAnswer(Fact):
    """The reply to one question about history. A new answer corrects the one before it."""

    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="condition_answers")
    condition = models.CharField(max_length=40, choices=CONDITIONS)
    answer = models.CharField(max_length=12, choices=ANSWERS)
    basis = models.TextField(blank=True, help_text="How it is known; needed unless it was not asked.")
    event_earliest = models.DateField(null=True, help_text="When it happened: not before this day.")
    event_latest = models.DateField(null=True, help_text="When it happened: not after this day.")
    answered_at = models.DateTimeField()
    entered_offset_min = models.SmallIntegerField()

    class Meta(Fact.Meta):
        constraints = (
            *Fact.Meta.constraints,
            models.CheckConstraint(
                condition=models.Q(event_earliest__isnull=True, event_latest__isnull=True)
                | models.Q(event_latest__gte=models.F("event_earliest")),
                name="courses_conditionanswer_event_in_order",
            ),
            one_of("condition", [value for value, _ in CONDITIONS]),
            one_of("answer", [value for value, _ in ANSWERS]),
            models.CheckConstraint(
                condition=models.Q(answer=Answer.NOT_ASKED.value) | ~models.Q(basis=""),
                name="courses_conditionanswer_has_basis",
            ),
        )
        indexes = (models.Index(fields=["course", "condition"], name="courses_answer_by_condition"),)


@tracked(exclude=("texts", "version", "saved_at", "device", "page"))
class IntakeDraft(State):
    """What was typed into one step of an intake and not confirmed yet: no fact, and nothing rests on it.

    ``texts`` maps each field's name to what stands in it, as typed. ``version`` grows with every save, so that
    two devices never overwrite each other. When the step is confirmed the draft closes and its texts are
    emptied; the history keeps who had it when, never what stood in it.
    """

    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="drafts")
    step = models.CharField(max_length=32)
    texts = models.JSONField(default=dict)
    version = models.PositiveIntegerField(default=0)
    author = models.ForeignKey("access.User", on_delete=models.PROTECT, related_name="+")
    saved_at = models.DateTimeField()
    device = models.CharField(max_length=60, help_text="What it was typed on, in words.")
    page = models.UUIDField(null=True, help_text="The open page that saved it last, by that page's key.")
    is_open = models.BooleanField(default=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["course", "step"], name="courses_one_draft_per_step"),
            models.CheckConstraint(
                condition=models.Q(is_open=True) | models.Q(texts={}), name="courses_closed_draft_is_empty"
            ),
        )


class IntakeConfirmation(Fact):
    """Somebody confirmed a step of the intake: what was typed became facts."""

    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="confirmations")
    step = models.CharField(max_length=32)

    class Meta(Fact.Meta):
        indexes = (models.Index(fields=["course", "step"], name="courses_confirmation_by_course"),)


class PsychiatristDecision(Fact):
    """Whether a psychiatrist decided on this treatment, where the licence asks for one. The latest row stands."""

    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="psychiatrist_decisions")
    decided = models.BooleanField()
    psychiatrist = models.CharField(max_length=200, blank=True)

    class Meta(Fact.Meta):
        constraints = (
            *Fact.Meta.constraints,
            models.CheckConstraint(
                condition=models.Q(decided=False) | ~models.Q(psychiatrist=""),
                name="courses_psychiatristdecision_named",
            ),
        )


class EligibilityDecision(Fact):
    """A signed decision, with the findings as they stood. ``overrides`` maps fingerprint to reason."""

    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="eligibility_decisions")
    suitable = models.BooleanField()
    rationale = models.TextField(blank=True)
    findings = models.JSONField()
    overrides = models.JSONField(default=dict)
    signature = models.OneToOneField("audit.Signature", on_delete=models.PROTECT, related_name="+")


class InterpretedBy(models.TextChoices):
    """How an interpreter took part."""

    PRESENT = "present", "Present in the room"
    TELEPHONE = "telephone", "By telephone"
    VIDEO = "video", "By video"


class ConsentRecord(Fact):
    """Consent as it was given: the text that was read, frozen, and how we know the patient agreed to it."""

    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="consents")
    document = models.CharField(max_length=60)
    text_version = models.CharField(max_length=60)
    text = models.TextField(help_text="Every word the patient was shown.")
    text_sha256 = models.CharField(max_length=64)
    frozen = models.JSONField(
        null=True, help_text="From edition 3 on: title, sections, figure and sources, which the hash is of."
    )
    capacity_confirmed = models.BooleanField()
    capacity_basis = models.TextField()
    abilities = models.JSONField(
        default=list, help_text="Each ability that capacity rests on, as judged, with its basis."
    )
    teach_back = models.TextField(help_text="What the patient said back, in their own words.")
    answers = models.JSONField(
        default=list, help_text="Each question asked back, the patient's words and how they were judged."
    )
    understood = models.BooleanField(
        null=True, help_text="Whether every answer was judged understood; null before edition 3."
    )
    patient_name = models.CharField(max_length=200, help_text="Typed by the patient.")
    interpreter = models.CharField(max_length=200, blank=True)
    interpreted_by = models.CharField(max_length=12, choices=InterpretedBy.choices, blank=True)
    language = models.CharField(max_length=60, blank=True)
    other_witness = models.CharField(
        max_length=200, blank=True, help_text="Somebody else who was there, and in what relation."
    )
    signed_at = models.DateTimeField()
    entered_offset_min = models.SmallIntegerField()
    signature = models.OneToOneField(
        "audit.Signature",
        on_delete=models.PROTECT,
        related_name="+",
        help_text="Of the member of staff as witness.",
    )


class ConsentWithdrawal(Fact):
    """The patient took the consent back. It needs no form and no reason: the words are kept."""

    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="consent_withdrawals")
    withdrawn_at = models.DateTimeField()
    entered_offset_min = models.SmallIntegerField()
    words = models.TextField(blank=True)


class TreatmentPlan(Fact):
    """A signed plan. A revision is a new plan with the next number; the highest number stands."""

    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="plans")
    number = models.PositiveSmallIntegerField()
    product = models.CharField(max_length=32, choices=PRODUCTS)
    regimen = models.CharField(max_length=60, help_text="The schedule it follows, by its id in the evidence.")
    dose_mg = models.DecimalField(max_digits=6, decimal_places=2, null=True, help_text="Nasal: first dose.")
    mg_per_kg = models.DecimalField(
        max_digits=4, decimal_places=2, null=True, help_text="Infusion: first dose."
    )
    minutes = models.DecimalField(
        max_digits=5, decimal_places=1, null=True, help_text="Infusion: its length."
    )
    first_session_on = models.DateField()
    maintenance_gap_days = models.PositiveSmallIntegerField(
        null=True, help_text="Days between, in maintenance."
    )
    weight_basis = models.CharField(
        max_length=8,
        blank=True,
        choices=WEIGHTS,
        help_text="Infusion: the weight the dose is worked out from.",
    )
    weight_kg = models.DecimalField(
        max_digits=5, decimal_places=1, null=True, help_text="Infusion: that weight."
    )
    weight_why = models.TextField(blank=True, help_text="Why that weight was chosen where there were two.")
    escort_name = models.CharField(max_length=200, blank=True)
    escort_phone = models.CharField(max_length=60, blank=True)
    why = models.TextField(blank=True, help_text="Why the plan before it was revised.")
    findings = models.JSONField()
    overrides = models.JSONField(default=dict)
    signature = models.OneToOneField("audit.Signature", on_delete=models.PROTECT, related_name="+")

    class Meta(Fact.Meta):
        constraints = (
            *Fact.Meta.constraints,
            models.UniqueConstraint(fields=["course", "number"], name="courses_plan_number_once"),
            one_of("product", [value for value, _ in PRODUCTS]),
            models.CheckConstraint(
                condition=models.Q(
                    product=Product.ESKETAMINE_NASAL.value,
                    dose_mg__gt=0,
                    mg_per_kg__isnull=True,
                    minutes__isnull=True,
                )
                | models.Q(
                    product=Product.KETAMINE_IV.value, dose_mg__isnull=True, mg_per_kg__gt=0, minutes__gt=0
                ),
                name="courses_plan_dose_fits_product",
            ),
        )


class PlannedSession(Fact):
    """One session of a plan: its number in the course, its phase, the day it is meant for, and its window."""

    plan = models.ForeignKey(TreatmentPlan, on_delete=models.PROTECT, related_name="sessions")
    number = models.PositiveSmallIntegerField()
    phase = models.CharField(max_length=16, choices=Phase.choices)
    target_on = models.DateField()
    earliest_on = models.DateField(null=True)
    latest_on = models.DateField(null=True)

    class Meta(Fact.Meta):
        constraints = (
            *Fact.Meta.constraints,
            models.UniqueConstraint(fields=["plan", "number"], name="courses_session_number_once"),
            one_of("phase", Phase.values),
        )


class SafetyProgrammeEnrolment(Fact):
    """The patient's standing in the drug's safety programme, as looked up. The latest row stands."""

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="programme_enrolments")
    active = models.BooleanField()
    enrolment_number = models.CharField(max_length=60, blank=True)
    checked_at = models.DateTimeField()
    entered_offset_min = models.SmallIntegerField()
    origin = models.CharField(max_length=200, help_text="Where it was looked up.")
    signed_by_patient = models.BooleanField(null=True, help_text="The enrolment form. Null: not looked at.")
    signed_by_prescriber = models.BooleanField(null=True)
    form_sent_on = models.DateField(null=True, help_text="When the form went to the programme.")

    class Meta(Fact.Meta):
        indexes = (models.Index(fields=["patient", "-checked_at"], name="courses_enrolment_by_patient"),)


class TreatedSession(Fact):
    """A session in which a dose was given, as the visit told. ``number`` counts them from 1.

    One that was taken back gives its number to the session that takes its place, as a correction of it.
    """

    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="treated_sessions")
    number = models.PositiveSmallIntegerField()
    visit = models.UUIDField()
    started_at = models.DateTimeField()
    on = models.DateField(help_text="The clinic's date of the session.")
    mg_per_kg = models.DecimalField(
        max_digits=4, decimal_places=2, null=True, help_text="Infusion: as ordered."
    )

    class Meta(Fact.Meta):
        constraints = (
            *Fact.Meta.constraints,
            models.UniqueConstraint(
                fields=["course", "number"],
                condition=models.Q(corrects__isnull=True),
                name="courses_treated_number_once",
            ),
            models.UniqueConstraint(
                fields=["visit"], condition=models.Q(corrects__isnull=True), name="courses_treated_visit_once"
            ),
            within("number", 1, 9999),
        )


class SessionTakenBack(Fact):
    """No dose was given in that session after all: what was recorded belonged to another patient."""

    session = models.OneToOneField(TreatedSession, on_delete=models.PROTECT, related_name="taken_back")
    why = models.TextField()


class BenefitDecision(Fact):
    """A prescriber's signed decision whether treatment goes on. ``scores`` holds what it was read from."""

    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="benefit_decisions")
    decision = models.CharField(
        max_length=12, choices=[(word.value, word.value.capitalize()) for word in Benefit]
    )
    sessions_before = models.PositiveSmallIntegerField()
    rationale = models.TextField()
    scores = models.JSONField()
    signature = models.OneToOneField("audit.Signature", on_delete=models.PROTECT, related_name="+")

    class Meta(Fact.Meta):
        constraints = (*Fact.Meta.constraints, one_of("decision", [word.value for word in Benefit]))


# Django looks for a room's tables here; planning, referrals, earlier treatments have files of their own.
from euthymia.clinic.courses.planning_models import Appointment as Appointment  # noqa: E402
from euthymia.clinic.courses.planning_models import MissedSession as MissedSession  # noqa: E402
from euthymia.clinic.courses.planning_models import SiteRecord as SiteRecord  # noqa: E402
from euthymia.clinic.courses.referral_models import Referral as Referral  # noqa: E402
from euthymia.clinic.courses.referral_models import ReferralLink as ReferralLink  # noqa: E402
from euthymia.clinic.courses.treatment_models import EarlierTreatment as EarlierTreatment  # noqa: E402
from euthymia.clinic.courses.treatment_models import TreatmentKind as TreatmentKind  # noqa: E402
