"""The steps in their order: the form of each, what it writes when it is confirmed, and how it stands."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any
from uuid import UUID, uuid5

from django.urls import reverse

from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.access.viewer import NotFound, Viewer
from euthymia.clinic.courses import actions, queries
from euthymia.clinic.courses.intake import forms, lists
from euthymia.clinic.courses.intake.entry import BASIS_WORDS, QuestionsMixin, StepForm
from euthymia.clinic.courses.intake.questions import DIAGNOSES, MISUSE, PREGNANCY
from euthymia.clinic.courses.queries import ConditionView, Confirmed, CourseView, DraftView, Texts
from euthymia.clinic.measures import actions as measures
from euthymia.clinic.measures import queries as measured
from euthymia.clinic.people import actions as people_actions
from euthymia.clinic.people import queries as people
from euthymia.clinic.safety import queries as safety

_Elsewhere = tuple[str, str, str, bool, str]


@dataclass(frozen=True)
class Intake:
    """One course's intake as one person opens it now."""

    viewer: Viewer
    course: CourseView
    now: datetime

    @cached_property
    def questions(self) -> tuple[ConditionView, ...]:
        """Every question about history that this course asks."""
        return queries.conditions(self.viewer, self.course.id)

    @cached_property
    def drafts(self) -> Mapping[str, DraftView]:
        """What was typed, by step."""
        return queries.drafts(self.viewer, self.course.id)

    @cached_property
    def confirmed(self) -> Mapping[str, Confirmed]:
        """What was confirmed, by step."""
        return queries.confirmations(self.viewer, self.course.id)

    @cached_property
    def identity(self) -> people.Identity:
        """The patient as on record."""
        return people.identity(self.viewer, self.course.patient_id, self.now)

    def about(self, wanted: Any) -> tuple[ConditionView, ...]:
        """Those of the questions that are about ``wanted`` conditions."""
        return forms.conditions_in(self.questions, wanted)


Make = Callable[..., StepForm]
Record = Callable[[Intake, Any, UUID], None]


@dataclass(frozen=True, slots=True)
class Step:
    """One step that is entered here. ``make`` builds its form, ``record`` turns a valid one into facts."""

    key: str
    label: str
    lead: str
    make: Callable[..., StepForm]
    record: Record
    permission: Permission = Permission.RECORD_HISTORY


@dataclass(frozen=True, slots=True)
class Standing:
    """How a step stands, as the list shows it. ``state``: done, typed or todo."""

    key: str
    label: str
    state: str
    note: str
    lacks: tuple[str, ...]
    url: str
    current: bool = False


# --- the forms -------------------------------------------------------------------------------------------
def _contact(intake: Intake, texts: Texts, *args: Any, **more: Any) -> StepForm:
    found = people.clinical(intake.viewer, intake.course.patient_id)
    return forms.ContactForm(*args, on_record=intake.identity, allergies=found.allergies, **more)


def _episode(intake: Intake, texts: Texts, *args: Any, **more: Any) -> StepForm:
    asks = queries.asks_for_psychiatrist(intake.viewer, intake.course.id)
    diagnosis = intake.about(DIAGNOSES.values())
    form = forms.EpisodeForm(*args, diagnosis=diagnosis, asks_psychiatrist=asks, **more)
    began = intake.course.episode_started_on
    form.fields["began"].initial = began.isoformat() if began else None
    return form


def _conditions(intake: Intake, texts: Texts, *args: Any, **more: Any) -> StepForm:
    return forms.ConditionsForm(*args, questions=intake.questions, **more)


def _medicines(intake: Intake, texts: Texts, *args: Any, **more: Any) -> StepForm:
    return lists.MedicinesForm(*args, rows=lists.rows_in(texts, "name"), **more)


def _substances(intake: Intake, texts: Texts, *args: Any, **more: Any) -> StepForm:
    return forms.SubstancesForm(*args, questions=intake.about(MISUSE), **more)


def _body(intake: Intake, texts: Texts, *args: Any, **more: Any) -> StepForm:
    return forms.BodyForm(*args, **more)


def _tests(intake: Intake, texts: Texts, *args: Any, **more: Any) -> StepForm:
    wanted = queries.examinations_needed(intake.viewer, intake.course.id, intake.now)
    return lists.TestsForm(*args, rows=lists.rows_in(texts, "exam"), wanted=wanted, **more)


def _pregnancy(intake: Intake, texts: Texts, *args: Any, **more: Any) -> StepForm:
    return forms.PregnancyForm(*args, questions=intake.about(PREGNANCY), **more)


# --- what a confirmed step writes ------------------------------------------------------------------------
def _common(intake: Intake) -> dict[str, Any]:
    return {"by": intake.viewer, "at": intake.now, "patient_id": intake.course.patient_id}


def _record_contact(intake: Intake, form: forms.ContactForm, key: UUID) -> None:
    data, known = form.cleaned_data, intake.identity
    sex, ancestry = people.particulars(intake.viewer, known.id)
    changed = {name: data[name].strip() for name in form.DETAILS}
    if any(value != form.record[name] for name, value in changed.items()):
        details = people_actions.Details(
            medical_record_number=known.mrn,
            given_name=known.given_name,
            family_name=known.family_name,
            birth_date=known.born,
            sex=sex,
            ancestry=ancestry,
            **changed,
        )
        people_actions.change_details(**_common(intake), revision=data["revision"] or 0, details=details)
    allergies = "none known" if data["has_allergies"] == "none" else data["allergies"].strip()
    if allergies != people.clinical(intake.viewer, known.id).allergies:
        people_actions.record_allergies(**_common(intake), allergies=allergies)


def _record_replies(intake: Intake, form: QuestionsMixin, key: UUID) -> None:
    replies = form.replies()
    if replies:
        actions.answer_conditions(
            by=intake.viewer,
            at=intake.now,
            course_id=intake.course.id,
            replies=replies,
            answered_at=intake.now,
            idempotency_key=key,
        )


def _record_episode(intake: Intake, form: forms.EpisodeForm, key: UUID) -> None:
    _record_replies(intake, form, key)
    if began := form.cleaned_data["began"]:
        actions.record_episode(
            by=intake.viewer, at=intake.now, course_id=intake.course.id, began=began.earliest
        )
    if said := form.cleaned_data.get("psychiatrist_decided"):
        actions.record_psychiatrist(
            by=intake.viewer,
            at=intake.now,
            course_id=intake.course.id,
            decided=said == "yes",
            psychiatrist=form.cleaned_data["psychiatrist"],
            idempotency_key=uuid5(key, "psychiatrist"),
        )


def _record_medicines(intake: Intake, form: lists.MedicinesForm, key: UUID) -> None:
    measures.record_medicines(
        **_common(intake),
        medicines=form.medicines(),
        basis=form.basis_words,
        taken_at=intake.now,
        idempotency_key=key,
    )


def _record_substances(intake: Intake, form: forms.SubstancesForm, key: UUID) -> None:
    _record_replies(intake, form, key)
    basis = BASIS_WORDS[form.cleaned_data["basis"]]
    measures.record_substances(
        **_common(intake), uses=form.uses(), basis=basis, asked_at=intake.now, idempotency_key=key
    )


def _record_body(intake: Intake, form: forms.BodyForm, key: UUID) -> None:
    data, common = form.cleaned_data, _common(intake) | {"measured_at": form.cleaned_data["measured_at"]}
    for number, (high, low) in enumerate(form.pressures()):
        measures.record_pressure(
            **common, systolic_mmhg=high, diastolic_mmhg=low, idempotency_key=uuid5(key, f"pressure {number}")
        )
    people_actions.record_weight(**common, weight_kg=data["weight_kg"], idempotency_key=uuid5(key, "weight"))
    measures.record_height(**common, height_cm=data["height_cm"], idempotency_key=uuid5(key, "height"))


def _record_tests(intake: Intake, form: lists.TestsForm, key: UUID) -> None:
    measures.record_tests(**_common(intake), tests=form.tests(), idempotency_key=key)
    impairment, basis = form.liver_judged()
    measures.record_liver(
        **_common(intake), impairment=impairment, basis=basis, idempotency_key=uuid5(key, "liver")
    )


def _record_pregnancy(intake: Intake, form: forms.PregnancyForm, key: UUID) -> None:
    _record_replies(intake, form, key)
    measures.record_tests(**_common(intake), tests=form.tests(intake.viewer.name), idempotency_key=key)


STEPS: tuple[Step, ...] = (
    Step(
        "contact",
        "Contact and allergies",
        "As on record. Check it with the patient and change what is wrong.",
        _contact,
        _record_contact,
        Permission.REGISTER_PATIENT,
    ),
    Step("episode", "Diagnosis and episode", "What the course is meant to treat.", _episode, _record_episode),
    Step(
        "conditions",
        "History",
        "“None known” passes only with how it is known. “Not asked” never passes.",
        _conditions,
        _record_replies,
    ),
    Step(
        "medicines",
        "Medicines",
        "Prescribed or not, drops and sprays for the nose included.",
        _medicines,
        _record_medicines,
    ),
    Step(
        "substances",
        "Substance use",
        "Misuse in the past 12 months, and any disorder ever.",
        _substances,
        _record_substances,
    ),
    Step("body", "Measurements", "Measured today, at rest. Nothing is carried forward.", _body, _record_body),
    Step("tests", "ECG and laboratory", "With the day each was made and who read it.", _tests, _record_tests),
    Step("pregnancy", "Pregnancy", "Asked of everybody who may be pregnant.", _pregnancy, _record_pregnancy),
)
BY_KEY: Mapping[str, Step] = {step.key: step for step in STEPS}


def find(key: str) -> Step:
    """The step of that key.

    Raises:
        NotFound: there is none.
    """
    if key not in BY_KEY:
        raise NotFound
    return BY_KEY[key]


def shown(intake: Intake, step: Step, texts: Texts | None = None, **more: Any) -> StepForm:
    """The form of a step as it stands: as typed if there is a draft, else as on record, else empty."""
    draft = intake.drafts.get(step.key)
    if texts is None:
        texts = draft.texts if draft and draft.is_open else {}
    form = step.make(intake, texts, **more)
    if texts:
        for name in form.text_names:
            values = texts.get(name, ())
            several = len(values) > 1
            form.initial[name] = list(values) if several else (values[0] if values else "")
    form.initial["version"] = draft.version if draft else 0
    if isinstance(form, forms.ContactForm):
        form.show_record()
    return form


def standings(intake: Intake, current: str = "", here: StepForm | None = None) -> tuple[Standing, ...]:
    """How every step stands. ``here`` is the form of the step that is open, with what was typed last."""
    entered = [_entered(intake, step, here if step.key == current else None) for step in STEPS]
    every = [*entered, *_elsewhere(intake)]
    return tuple(replace(each, current=each.key == current) for each in every)


def _entered(intake: Intake, step: Step, here: StepForm | None) -> Standing:
    draft, confirmed = intake.drafts.get(step.key), intake.confirmed.get(step.key)
    typed = bool(draft and draft.is_open)
    url = reverse("courses:intake_step", args=[intake.course.id, step.key])
    if confirmed and not typed:
        return Standing(step.key, step.label, "done", f"Confirmed by {confirmed.by}", (), url)
    form = here or shown(intake, step)
    lacks = form.lacks()
    if not form.text_names:
        return Standing(step.key, step.label, "done", "Nothing is asked for this course", (), url)
    note = f"{len(lacks)} missing" if lacks else "Ready to confirm" if typed else "To be confirmed"
    if typed and draft:
        note = f"{note}, typed by {draft.author}" if draft.author_id != intake.viewer.user_id else note
    return Standing(step.key, step.label, "typed" if typed else "todo", note, lacks, url)


def _elsewhere(intake: Intake) -> tuple[Standing, ...]:
    """The steps that have pages of their own."""
    viewer, course = intake.viewer, intake.course
    back = f"?next={reverse('courses:intake', args=[course.id])}"
    risk = safety.latest_risk(viewer, course.patient_id)
    consent = queries.consents(viewer, course.id)
    pages = (
        *(
            _depression(viewer, course, back)
            if queries.is_of_depression(course)
            else _illness(viewer, course, back)
        ),
        (
            "risk",
            "Suicide risk and safety plan",
            f"Judged {risk.level.value}" if risk else "Not judged yet",
            risk is not None,
            reverse("safety:record", args=[course.patient_id]) + back,
        ),
        (
            "consent",
            "Consent",
            "Signed" if consent else "Not signed yet",
            bool(consent),
            reverse("courses:consent", args=[course.id]),
        ),
    )
    return tuple(
        Standing(key, label, "done" if done else "todo", note, () if done else (label,), url)
        for key, label, note, done, url in pages
    )


def _depression(viewer: Viewer, course: CourseView, back: str) -> tuple[_Elsewhere, ...]:
    trials = people.count_trials(viewer, course.patient_id)
    score = measured.latest(viewer, course.patient_id)
    scored = score is not None and score.total is not None
    return (
        (
            "trials",
            "Antidepressant history",
            _on_record(trials),
            trials > 0,
            reverse("people:trials", args=[course.patient_id]) + back,
        ),
        (
            "scores",
            "Baseline score",
            f"PHQ-9: {score.total}" if score and scored else "No PHQ-9 yet",
            scored,
            reverse("measures:phq_9", args=[course.patient_id]) + back,
        ),
    )


def _illness(viewer: Viewer, course: CourseView, back: str) -> tuple[_Elsewhere, ...]:
    """Another illness is shown by its own treatments and by its own scale."""
    treated = len(queries.earlier_treatments(viewer, course.id))
    score = measured.latest_scale_score(viewer, course.patient_id, course.indication)
    return (
        (
            "treatments",
            "Earlier treatments",
            _on_record(treated),
            treated > 0,
            reverse("courses:treatments", args=[course.id]),
        ),
        (
            "scores",
            "Baseline score",
            f"{score.title}: {score.total.normalize():f}" if score else "Its own scale is not scored yet",
            score is not None,
            reverse("measures:scores", args=[course.patient_id]) + back,
        ),
    )


def _on_record(number: int) -> str:
    return f"{number} treatment{'s' * (number != 1)} on record" if number else "None on record"
