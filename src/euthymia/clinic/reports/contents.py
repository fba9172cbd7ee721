"""What a prior-authorisation letter says: every value from a stored fact, ``None`` where there is none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.utils import timezone

from euthymia.clinic.access.models import Clinic
from euthymia.clinic.access.viewer import Viewer
from euthymia.clinic.courses import queries as courses
from euthymia.clinic.courses.queries import CourseView
from euthymia.clinic.people import history
from euthymia.clinic.people import queries as people
from euthymia.clinic.people.models import Adherence
from euthymia.clinic.people.trial_rows import TrialView
from euthymia.protocol import Answer, Condition, Outcome, PartialDate
from euthymia.protocol.resistance import Evidence, TrialJudgement
from euthymia.protocol.staging import Stage, maudsley, thase_rush

Content = dict[str, Any]
Rows = list[dict[str, str | None]]

_COUNTS = {Outcome.SATISFIED: "Counts", Outcome.VIOLATED: "Does not count", Outcome.UNKNOWN: "Not known"}
_TAKEN = {
    Adherence.YES: "taken as prescribed",
    Adherence.PARTLY: "taken in part",
    Adherence.NO: "not taken as prescribed",
    Adherence.UNKNOWN: "whether it was taken is not known",
}
_OFF_LABEL = "off label"
_LETTER_PAPER = {"US", "CA"}


@dataclass(frozen=True, slots=True)
class Entered:
    """What is entered for one letter alone, since no record holds it. Empty means not on record."""

    addressee: str = ""
    member_number: str = ""
    diagnosis_code: str = ""
    severity: str = ""
    statement: str = ""
    registration: str = ""


@dataclass(frozen=True, slots=True)
class Shown:
    """What a course's record shows about resistance."""

    course: CourseView
    trials: tuple[TrialView, ...]
    evidence: Evidence | None
    diagnosis: courses.ConditionView | None
    stages: tuple[Stage, ...]

    @property
    def is_diagnosed(self) -> bool:
        """Whether major depressive disorder is recorded as diagnosed."""
        return self.diagnosis is not None and self.diagnosis.answer is Answer.YES


def shown(viewer: Viewer, course_id: UUID, today: date, severity: str = "") -> Shown:
    """Gather the trials, their judgement and the stages of a course."""
    course = courses.course(viewer, course_id)
    evidence = history.evidence(viewer, course.patient_id, course.product)
    asked = courses.conditions(viewer, course_id)
    diagnosis = next((each for each in asked if each.condition is Condition.MAJOR_DEPRESSION), None)
    judged = evidence.judged if evidence else ()
    began = PartialDate.of(course.episode_started_on) if course.episode_started_on else None
    return Shown(
        course=course,
        trials=people.trials(viewer, course.patient_id),
        evidence=evidence,
        diagnosis=diagnosis if diagnosis and diagnosis.is_known else None,
        stages=(
            maudsley(judged, episode_from=began, severity=severity or None, today=today),
            thase_rush(judged),
        ),
    )


def compose(viewer: Viewer, course_id: UUID, entered: Entered, now: datetime) -> Content:
    """Every value of the letter as it would be printed now, and the list of what is not on record."""
    today = timezone.localtime(now).date()
    seen = shown(viewer, course_id, today, entered.severity)
    clinic = Clinic.objects.get(pk=viewer.clinic_id)
    sections: dict[str, Rows] = {
        "patient": _patient(viewer, seen.course, entered, now),
        "diagnosis": _diagnosis(seen, entered),
        "request": _request(viewer, seen),
        "staging": [_stage(stage) for stage in seen.stages],
        "prescriber": _prescriber(entered),
    }
    trials = _trials(seen)
    scores = _scores(viewer, course_id)
    content: Content = {
        "title": "Request for prior authorisation",
        "clinic": clinic.name,
        "paper": "us-letter" if clinic.jurisdiction in _LETTER_PAPER else "a4",
        "written_on": _day(today),
        "addressee": entered.addressee or None,
        "statement": entered.statement or None,
        "evidence": _sentence(seen),
        "missing": list(seen.evidence.missing) if seen.evidence else [],
        "trials": trials,
        "scores": scores,
        **sections,
    }
    return content | {"gaps": _gaps(content, sections)}


def _gaps(content: Content, sections: Mapping[str, Rows]) -> list[str]:
    labels = [row["label"] or "" for rows in sections.values() for row in rows if not row["value"]]
    singles = {"addressee": "Addressee", "statement": "Why this treatment"}
    labels += [words for name, words in singles.items() if not content[name]]
    labels += [] if content["scores"] else ["Scores"]
    labels += [] if content["trials"] else ["Earlier treatments"]
    return labels + _trial_gaps(content["trials"])


def _trial_gaps(trials: Iterable[list[str | None]]) -> list[str]:
    columns = ("dose", "dates", "outcome", "source")
    return [
        f"{trial[0]}: {column}"
        for trial in trials
        for column, value in zip(columns, trial[1:5], strict=True)
        if not value
    ]


def _patient(viewer: Viewer, course: CourseView, entered: Entered, now: datetime) -> Rows:
    identity = people.identity(viewer, course.patient_id, now)
    return _rows(
        ("Name", identity.name),
        ("Date of birth", f"{_day(identity.born)} ({identity.age} years)"),
        ("Sex", identity.sex),
        ("Record number", identity.mrn),
        ("Address", identity.address),
        ("Telephone", identity.phone),
        ("Member number", entered.member_number),
    )


def _diagnosis(seen: Shown, entered: Entered) -> Rows:
    found, began = seen.diagnosis, seen.course.episode_started_on
    words = None
    if found is not None:
        answer = "Diagnosed" if seen.is_diagnosed else "Not diagnosed"
        words = f"{answer}: {found.basis} (recorded by {found.recorded_by})"
    return _rows(
        ("Major depressive disorder", words),
        ("Diagnosis code", entered.diagnosis_code),
        ("Present episode began", _day(began) if began else None),
        ("Severity, as the clinician rates it", entered.severity),
    )


def _request(viewer: Viewer, seen: Shown) -> Rows:
    course = seen.course
    plan = courses.plan(viewer, course.id)
    enrolled = courses.enrolment(viewer, course.id)
    schedule = None
    if plan is not None:
        schedule = f"{plan.count} sessions from {_day(plan.first_session_on)} to {_day(plan.last_session_on)}"
    rows = [
        ("Product", course.product.words.capitalize()),
        ("For", course.indication_label),
        ("First dose", plan.dose if plan else None),
        ("Schedule", schedule),
        ("Plan signed by", f"{plan.signer}, {_day(plan.signed_at)}" if plan else None),
    ]
    if seen.evidence and seen.evidence.rule.label_version.startswith(_OFF_LABEL):
        rows.append(("Label status", _OFF_LABEL))
    if course.is_nasal and course.jurisdiction == "US":
        number = f"enrolled, {enrolled.number}" if enrolled and enrolled.active else None
        rows.append(("Safety programme", number))
    return _rows(*rows)


def _sentence(seen: Shown) -> str:
    if seen.evidence is None:
        return "The clinic's rules name no requirement on earlier treatment for this product."
    rule = seen.evidence.rule
    return (
        f"Adequate failures of different drugs: {seen.evidence.failed} shown, {seen.evidence.needed} required by "
        f"rule {rule.id}. {rule.wording}."
    )


def _trials(seen: Shown) -> list[list[str | None]]:
    judged: tuple[TrialJudgement | None, ...] = (
        seen.evidence.judged if seen.evidence else (None,) * len(seen.trials)
    )
    return [_trial(trial, each) for trial, each in zip(seen.trials, judged, strict=True)]


def _trial(trial: TrialView, judged: TrialJudgement | None) -> list[str | None]:
    name = trial.name if not trial.typed_otherwise else f"{trial.name} (entered as {trial.drug})"
    added = f", added to {trial.augments_name}" if trial.augments_name else ""
    dose = trial.dose_words or (f"{trial.sessions} sessions" if trial.sessions else "")
    weeks = f"{trial.weeks.normalize():f} weeks at that dose" if trial.weeks is not None else ""
    when = "; ".join(part for part in (trial.period_words, weeks) if part)
    better = ""
    if trial.improvement_percent is not None:
        better = f", {trial.improvement_percent.normalize():f} % better"
    taken = f"; {_TAKEN[Adherence(trial.adherence)]}"
    result = f"{trial.result_label}{better}{taken}" if trial.result else None
    counts = f"{_COUNTS[judged.outcome]}: {judged.reason.removeprefix('not known: ')}" if judged else None
    return [
        f"{name}, {trial.drug_class_label}{added}",
        dose or None,
        when or None,
        result,
        trial.origin_words,
        counts,
    ]


def _scores(viewer: Viewer, course_id: UUID) -> list[list[str]]:
    seen = courses.trajectory(viewer, course_id)
    return [
        [f"{seen.title}", _day(point.at), f"{point.total} of {seen.highest}, {point.band}"]
        for point in seen.points
    ]


def _stage(stage: Stage) -> dict[str, str | None]:
    number = f"{stage.low}" if stage.low == stage.high else f"{stage.low} to {stage.high}"
    unknown = f"; not known: {', '.join(stage.missing)}" if stage.missing else ""
    return {"label": stage.method, "value": f"{number} ({stage.words}){unknown}. {stage.attribution}."}


def _prescriber(entered: Entered) -> Rows:
    return _rows(("Registration number", entered.registration))


def _rows(*pairs: tuple[str, str | None]) -> Rows:
    return [{"label": label, "value": (value or "").strip() or None} for label, value in pairs]


def _day(moment: date | datetime) -> str:
    day = timezone.localtime(moment) if isinstance(moment, datetime) else moment
    return f"{day.day} {day:%B %Y}"
