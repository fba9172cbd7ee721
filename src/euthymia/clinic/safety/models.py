"""What must not be missed: risk as a clinician judged it, adverse events, tasks with owner and deadline."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from euthymia.clinic.access.models import Clinic, User
from euthymia.clinic.access.permissions import Role
from euthymia.clinic.audit.bases import Fact, State, tracked
from euthymia.clinic.audit.checks import one_of, within
from euthymia.clinic.measures.models import MoodRating
from euthymia.clinic.people.models import Patient
from euthymia.protocol import RiskLevel

LEVELS = [(level.value, level.value.capitalize()) for level in RiskLevel]
ROLES = [(role.value, role.value.replace("_", " ").capitalize()) for role in Role]


class SuicideRiskAssessment(Fact):
    """Suicide risk as the clinician judged it. The software never derives the level from answers."""

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="risk_assessments")
    level = models.CharField(max_length=16, choices=LEVELS)
    basis = models.TextField(help_text="What the level rests on.")
    instrument = models.CharField(
        max_length=120, blank=True, help_text="The structured assessment done, by name."
    )
    level_of_care = models.TextField(
        blank=True, help_text="Where the patient is to be looked after; needed when high."
    )
    thoughts_found = models.BooleanField(
        null=True, help_text="Whether any thoughts of death or suicide were found; null when it was not said."
    )
    assessed_at = models.DateTimeField()
    entered_offset_min = models.SmallIntegerField()

    class Meta(Fact.Meta):
        constraints = (
            *Fact.Meta.constraints,
            one_of("level", [level for level, _ in LEVELS]),
            models.CheckConstraint(
                condition=~models.Q(basis=""), name="safety_suicideriskassessment_has_basis"
            ),
        )
        indexes = (models.Index(fields=["patient", "-assessed_at"], name="safety_risk_by_patient"),)


class SafetyPlan(Fact):
    """A safety plan as it was written with the patient. A newer one stands in its place; each stays."""

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="safety_plans")
    warning_signs = models.TextField()
    own_means = models.TextField()
    company = models.TextField()
    helpers = models.TextField()
    professionals = models.TextField()
    surroundings = models.TextField()
    likelihood = models.PositiveSmallIntegerField(
        help_text="How likely it will be used, 0 to 10, as the patient says."
    )
    barriers = models.TextField(
        help_text="What may keep the patient from using it, and what was done about it."
    )
    kept_where = models.CharField(max_length=300, help_text="Where the patient keeps it.")
    review_on = models.DateField()
    written_at = models.DateTimeField()
    entered_offset_min = models.SmallIntegerField()

    class Meta(Fact.Meta):
        constraints = (
            *Fact.Meta.constraints,
            within("likelihood", 0, 10),
            *(
                models.CheckConstraint(condition=~models.Q(**{part: ""}), name=f"safety_plan_has_{part}")
                for part in (
                    "warning_signs",
                    "own_means",
                    "company",
                    "helpers",
                    "professionals",
                    "surroundings",
                )
            ),
        )
        indexes = (models.Index(fields=["patient", "-written_at"], name="safety_plan_by_patient"),)


class Severity(models.TextChoices):
    """How strong an adverse event was."""

    MILD = "mild", "Mild: noticed, hindered nothing"
    MODERATE = "moderate", "Moderate: hindered some things"
    SEVERE = "severe", "Severe: stopped usual life"


class Seriousness(models.TextChoices):
    """The outcome that makes an event serious, apart from how strong it was."""

    NOT_SERIOUS = "", "Not serious"
    DEATH = "death", "Death"
    LIFE_THREATENING = "life-threatening", "Threatened life"
    HOSPITAL = "hospital", "Hospital stay, or a longer one"
    DISABILITY = "disability", "Lasting disability"
    BIRTH_DEFECT = "birth-defect", "Birth defect"
    IMPORTANT = "important", "Another important medical event"


class EventOutcome(models.TextChoices):
    """How an adverse event stands."""

    RESOLVED = "resolved", "Resolved"
    RESOLVING = "resolving", "Resolving"
    NOT_RESOLVED = "not-resolved", "Not resolved"
    LASTING = "lasting", "Resolved with lasting effects"
    FATAL = "fatal", "Fatal"
    UNKNOWN = "unknown", "Not known"


class Intervention(models.TextChoices):
    """What was done about an adverse event."""

    NONE = "none", "Nothing"
    OBSERVED = "observed", "Observed more closely"
    HELD = "held", "Held or slowed the treatment"
    STOPPED = "stopped", "Stopped the treatment"
    MEDICINE = "medicine", "Gave a medicine"
    OXYGEN = "oxygen", "Gave oxygen, or kept the airway open"
    HELP = "help", "Called the emergency team"
    TRANSFER = "transfer", "Handed over to another place of care"


class Causality(models.TextChoices):
    """Whether the treatment caused it, as the clinician judges."""

    RELATED = "related", "Yes"
    POSSIBLE = "possible", "It may have"
    UNLIKELY = "unlikely", "Probably not"
    UNRELATED = "unrelated", "No"
    CANNOT_TELL = "cannot tell", "Cannot be told"


class Expectedness(models.TextChoices):
    """Whether the product information tells of such an event, in kind and strength."""

    EXPECTED = "expected", "Yes, as strong as this"
    STRONGER = "stronger", "Yes, but this was stronger"
    UNEXPECTED = "unexpected", "No"
    NOT_LOOKED_UP = "not looked up", "Not looked up"


class AdverseEvent(Fact):
    """Something unwanted that happened, caused by the treatment or not. News of it is a correction."""

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="adverse_events")
    term = models.CharField(max_length=200)
    onset_at = models.DateTimeField()
    entered_offset_min = models.SmallIntegerField()
    severity = models.CharField(max_length=12, choices=Severity.choices)
    seriousness = models.CharField(max_length=20, choices=Seriousness.choices, blank=True)
    criteria = ArrayField(
        models.CharField(max_length=20, choices=Seriousness.choices),
        null=True,
        help_text="Every outcome that makes it serious; empty for none, null in records from before they were asked.",
    )
    interventions = ArrayField(
        models.CharField(max_length=12, choices=Intervention.choices),
        default=list,
        help_text="What was done, from the list; ``action`` says it in words.",
    )
    causality = models.CharField(max_length=12, choices=Causality.choices, blank=True)
    expectedness = models.CharField(max_length=16, choices=Expectedness.choices, blank=True)
    admitted = models.BooleanField(null=True, help_text="Whether the patient was admitted to hospital.")
    emergency_visit = models.BooleanField(
        null=True, help_text="Whether the patient was seen in an emergency department and not admitted."
    )
    known_at = models.DateTimeField(null=True, help_text="When the house knew; null: when it was recorded.")
    since_dose_min = models.IntegerField(
        null=True, help_text="Minutes from the first of the dose to its onset, where it came in a visit."
    )
    action = models.TextField(blank=True, help_text="What was done about it.")
    outcome = models.CharField(max_length=16, choices=EventOutcome.choices)
    resolved_at = models.DateTimeField(null=True)

    class Meta(Fact.Meta):
        constraints = (
            *Fact.Meta.constraints,
            one_of("severity", Severity.values),
            one_of("seriousness", Seriousness.values),
            one_of("outcome", EventOutcome.values),
            one_of("causality", Causality.values, or_blank=True),
            one_of("expectedness", Expectedness.values, or_blank=True),
            models.CheckConstraint(
                condition=models.Q(interventions__contained_by=Intervention.values),
                name="safety_adverseevent_interventions_known",
            ),
            models.CheckConstraint(
                condition=models.Q(criteria__isnull=True)
                | models.Q(criteria__contained_by=[value for value in Seriousness.values if value]),
                name="safety_adverseevent_criteria_known",
            ),
            models.CheckConstraint(
                condition=models.Q(resolved_at__isnull=True)
                | models.Q(resolved_at__gte=models.F("onset_at")),
                name="safety_adverseevent_resolved_after_onset",
            ),
        )
        indexes = (models.Index(fields=["patient", "-onset_at"], name="safety_event_by_patient"),)

    @property
    def intervention_labels(self) -> list[str]:
        """What was done, in the words of the list."""
        return [Intervention(each).label for each in self.interventions]


class TaskKind(models.TextChoices):
    """What a task asks for."""

    ITEM_NINE = "item-nine", "Assess suicide risk: PHQ-9 item 9"
    FOLLOW_UP_CALL = "follow-up-call", "Call the patient after treatment"
    FOLLOW_UP_PHQ9 = "follow-up-phq-9", "Ask the patient to fill in the PHQ-9"
    ADVERSE_EVENT = "adverse-event", "Report a serious adverse event"
    EVENT_TOLD = "event-told", "Tell the medical director of a serious adverse event"
    EVENT_REVIEW = "event-review", "Review the causes of a serious adverse event"
    LATE_FINDING = "late-finding", "Look at a reading of a visit that is over"
    COUNTERSIGN = "countersign", "Sign for what you ordered by word of mouth"
    ELSEWHERE = "elsewhere", "Ask after a patient taken ill away from the house"
    REFERRED_RISK = "referred-risk", "Suicidal thoughts named in a referral"
    RISK_PRECAUTIONS = "risk-precautions", "Keep the patient safe and not alone"
    RISK_EVALUATION = "risk-evaluation", "Judge whether hospital is needed"
    RISK_ASSESSMENT = "risk-assessment", "Assess the patient today"
    RISK_PLAN = "risk-plan", "Write a safety plan with the patient"
    RISK_CRISIS_LINE = "risk-crisis-line", "Give the patient the crisis line"
    RISK_CONTACT = "risk-contact", "Speak with the patient again"
    MISSING = "missing", "Look for the patient who walked out"
    MISSING_DECISION = "missing-decision", "Decide: police, welfare check or neither"
    LEFT_EARLY = "left-early", "Call the patient who left early"
    TRANSFER_NEWS = "transfer-news", "Ask how the patient is"
    EMERGENCY_REVIEW = "emergency-review", "Write the adverse event; go over the emergency"
    DEATH_REPORT = "death-report", "See to the reports of a death"
    PROGRAMME_FORM = "programme-form", "Send the safety programme's form"
    INTEGRATION = "integration", "Arrange the meeting to integrate"
    DRUG_DISCREPANCY = "drug-discrepancy", "Look into controlled drug that is not accounted for"
    OTHER = "other", "Something else"


@tracked()
class Task(State):
    """Something somebody must do by a time. One ``origin`` (what raised it) raises one task of a kind.

    A task about a referral may come before the patient is registered: then it has a ``subject`` and a ``page``.
    """

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="tasks")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, null=True, related_name="tasks")
    subject = models.CharField(
        max_length=100, blank=True, help_text="What it is about where no patient is registered; no name."
    )
    page = models.CharField(max_length=200, blank=True, help_text="The address of what it is about.")
    kind = models.CharField(max_length=20, choices=TaskKind.choices)
    note = models.CharField(
        max_length=300, blank=True, help_text="What to know before doing it; no clinical values."
    )
    origin = models.CharField(max_length=100, help_text="For example visit:<id>.")
    owner_role = models.CharField(max_length=32, choices=ROLES)
    opens_at = models.DateTimeField(help_text="Not to be done before this.")
    due_at = models.DateTimeField()
    escalates_at = models.DateTimeField(
        null=True, help_text="Past this, unacknowledged, it goes to escalates_to too."
    )
    escalates_to = models.CharField(max_length=32, choices=ROLES, blank=True)
    acknowledged_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    acknowledged_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(
        null=True, help_text="When the completion was recorded; null while open."
    )

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["kind", "origin"], name="safety_task_once_per_origin"),
            one_of("kind", TaskKind.values),
            one_of("owner_role", [role for role, _ in ROLES]),
            models.CheckConstraint(
                condition=models.Q(acknowledged_by__isnull=True, acknowledged_at__isnull=True)
                | models.Q(acknowledged_by__isnull=False, acknowledged_at__isnull=False),
                name="safety_task_acknowledged_by_whom",
            ),
            models.CheckConstraint(
                condition=models.Q(due_at__gte=models.F("opens_at")), name="safety_task_due_after_it_opens"
            ),
            models.CheckConstraint(
                condition=models.Q(patient__isnull=False)
                | models.Q(kind=TaskKind.REFERRED_RISK) & ~models.Q(page=""),
                name="safety_task_about_somebody",
            ),
        )
        indexes = (
            models.Index(
                fields=["clinic", "due_at"],
                condition=models.Q(closed_at__isnull=True),
                name="safety_task_open_by_due",
            ),
            # The menu counts what waits for a person's roles on every page.
            models.Index(
                fields=["clinic", "owner_role", "opens_at"],
                condition=models.Q(closed_at__isnull=True),
                name="safety_task_open_by_role",
            ),
            models.Index(
                fields=["clinic", "escalates_to", "escalates_at"],
                condition=models.Q(closed_at__isnull=True),
                name="safety_task_open_escalated",
            ),
            models.Index(fields=["patient", "due_at"], name="safety_task_by_patient"),
        )


class TaskCompletion(Fact):
    """A task was done, by the one who recorded it, at ``done_at``. ``outcome`` says how, in words."""

    task = models.OneToOneField(Task, on_delete=models.PROTECT, related_name="completion")
    outcome = models.TextField()
    done_at = models.DateTimeField()
    entered_offset_min = models.SmallIntegerField()


class FollowUpCall(Fact):
    """One attempt to reach the patient after treatment. When reached, all three questions were asked."""

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="calls")
    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="calls")
    called_at = models.DateTimeField()
    entered_offset_min = models.SmallIntegerField()
    reached = models.BooleanField()
    mood = models.OneToOneField(MoodRating, on_delete=models.PROTECT, null=True, related_name="call")
    adverse_events = models.BooleanField(
        null=True, help_text="Whether the patient told of any; null when not asked."
    )
    risk = models.OneToOneField(
        SuicideRiskAssessment, on_delete=models.PROTECT, null=True, related_name="call"
    )
    note = models.TextField(blank=True)

    class Meta(Fact.Meta):
        constraints = (
            *Fact.Meta.constraints,
            models.CheckConstraint(
                condition=models.Q(reached=False, mood__isnull=True, risk__isnull=True)
                | models.Q(
                    reached=True, mood__isnull=False, risk__isnull=False, adverse_events__isnull=False
                ),
                name="safety_followupcall_reached_means_asked",
            ),
        )
        indexes = (models.Index(fields=["task", "called_at"], name="safety_call_by_task"),)
