"""Reading answers, scores and how they changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.access.viewer import NotFound, Viewer
from euthymia.clinic.measures.models import MoodRating, QuestionnaireResponse, ScaleScore
from euthymia.clinic.people import queries as people
from euthymia.evidence import OutcomeDefinition, instrument, outcome_definition, scale, scales

PHQ_9 = "phq-9"
RISK_ITEMS: Mapping[str, str] = {PHQ_9: "9"}  # the item of an instrument that asks about suicidal thoughts


@dataclass(frozen=True, slots=True)
class AnsweredItem:
    """One question as it was asked and the answer in its words; ``answer`` is empty when there was none."""

    id: str
    text: str
    answer: str
    score: int | None


@dataclass(frozen=True, slots=True)
class AnswersView:
    """One filled-in questionnaire as it was read. ``replaces`` is the entry it corrected."""

    id: UUID
    patient_id: UUID
    instrument: str
    title: str
    credit: str
    stem: str
    items: tuple[AnsweredItem, ...]
    difficulty: str
    total: int | None
    band: str
    highest: int
    recall_days: int
    risk_item: int | None
    taken_at: datetime
    mode: str
    mode_label: str
    recorded_at: datetime
    recorded_by: str
    wording_sha256: str
    reason: str
    corrected: bool
    replaces: AnswersView | None = None


@dataclass(frozen=True, slots=True)
class Point:
    """One total over time. ``id`` leads to the answers."""

    id: UUID
    at: datetime
    total: int
    band: str


@dataclass(frozen=True, slots=True)
class Trajectory:
    """Totals of one instrument, oldest first, with what the definitions make of the latest one.

    ``baseline`` is the last total before ``first_dose_at``; without one nothing can be called a response. ``scored``
    counts the totals there are, of which ``points`` may be the last; ``unscored`` the questionnaires that have no
    total because an item was left out.
    """

    instrument: str
    title: str
    recall_days: int
    highest: int
    points: tuple[Point, ...]
    scored: int
    unscored: int
    baseline: Point | None
    latest: Point | None
    is_response: bool | None
    is_remission: bool | None
    definition: OutcomeDefinition


@dataclass(frozen=True, slots=True)
class Mood:
    """One mood rating, 0 to 10."""

    id: UUID
    mood: int
    rated_at: datetime
    mode_label: str
    recorded_by: str


def answers(viewer: Viewer, answers_id: UUID) -> AnswersView:
    """One filled-in questionnaire with what it replaced.

    Raises:
        NotFound: there is none that this person may see.
    """
    viewer.require(Permission.VIEW_CHART)
    rows = QuestionnaireResponse.objects.select_related("recorded_by")
    found = rows.filter(patient__in=people.visible(viewer), pk=answers_id).first()
    if found is None:
        raise NotFound
    return _answers(found)


def latest(
    viewer: Viewer, patient_id: UUID, instrument_id: str = PHQ_9, since: datetime | None = None
) -> AnswersView | None:
    """The last questionnaire that stands, taken at or after ``since`` if given."""
    viewer.require(Permission.VIEW_CHART)
    patient = people.row(viewer, patient_id)
    rows = _standing(viewer, patient.id, instrument_id)
    if since is not None:
        rows = rows.filter(taken_at__gte=since)
    found = rows.order_by("-taken_at", "-recorded_at").first()
    return _answers(found) if found else None


def trajectory(
    viewer: Viewer,
    patient_id: UUID,
    first_dose_at: datetime | None,
    instrument_id: str = PHQ_9,
    since: datetime | None = None,
    last: int | None = None,
) -> Trajectory:
    """The totals from ``since`` on, or the ``last`` of them, judged against the baseline before ``first_dose_at``."""
    viewer.require(Permission.VIEW_CHART)
    patient = people.row(viewer, patient_id)
    rows = _standing(viewer, patient.id, instrument_id).order_by("taken_at", "recorded_at")
    if since is not None:
        rows = rows.filter(taken_at__gte=since)
    form = instrument(instrument_id)

    def read(some: QuerySet[QuestionnaireResponse]) -> list[Point]:
        found = some.values_list("id", "taken_at", "total")
        return [Point(id_, at, total, form.band(total).name) for id_, at, total in found if total is not None]

    counted = rows.aggregate(scored=Count("total"), unscored=Count("id", filter=Q(total__isnull=True)))
    points = read(rows) if last is None else read(rows.filter(total__isnull=False).reverse()[:last])[::-1]
    if first_dose_at is None:
        before = []
    elif last is None:
        before = [point for point in points if point.at < first_dose_at][-1:]
    else:
        before = read(rows.filter(total__isnull=False, taken_at__lt=first_dose_at).reverse()[:1])
    baseline, latest = (before[0] if before else None), (points[-1] if points else None)
    treated = latest is not None and first_dose_at is not None and latest.at >= first_dose_at
    definition = outcome_definition(instrument_id)
    return Trajectory(
        instrument=instrument_id,
        title=form.title,
        recall_days=form.recall.value,
        highest=_highest(instrument_id),
        points=tuple(points),
        **counted,
        baseline=baseline,
        latest=latest,
        is_response=definition.is_response(baseline.total, latest.total)
        if treated and baseline and latest
        else None,
        is_remission=definition.is_remission(latest.total) if treated and latest else None,
        definition=definition,
    )


def moods(viewer: Viewer, patient_id: UUID) -> tuple[Mood, ...]:
    """The mood ratings that stand, the latest first."""
    viewer.require(Permission.VIEW_CHART)
    patient = people.row(viewer, patient_id)
    rows = MoodRating.objects.current().filter(patient=patient).select_related("recorded_by")
    return tuple(
        Mood(row.id, row.mood, row.rated_at, row.get_mode_display(), row.recorded_by.name)
        for row in rows.order_by("-rated_at")
    )


def _standing(viewer: Viewer, patient_id: UUID, instrument_id: str) -> QuerySet[QuestionnaireResponse]:
    rows = QuestionnaireResponse.objects.current().select_related("recorded_by")
    return rows.filter(patient__in=people.visible(viewer), patient_id=patient_id, instrument=instrument_id)


def _highest(instrument_id: str) -> int:
    return max(band.highest.value for band in instrument(instrument_id).bands)


def _answers(fact: QuestionnaireResponse) -> AnswersView:
    wording = fact.wording  # as frozen with the answers, not as the instrument reads today
    options = {option["score"]: option["text"] for option in wording["options"]}
    items = tuple(
        AnsweredItem(
            item["id"],
            item["text"],
            options.get(fact.answers.get(item["id"]), ""),
            fact.answers.get(item["id"]),
        )
        for item in wording["items"]
    )
    return AnswersView(
        id=fact.id,
        patient_id=fact.patient_id,
        instrument=fact.instrument,
        title=wording["title"],
        credit=wording["credit"],
        stem=wording["stem"],
        items=items,
        difficulty=fact.difficulty,
        total=fact.total,
        band=_band(wording, fact.total),
        highest=max(band["highest"] for band in wording["bands"]),
        recall_days=fact.recall_days,
        risk_item=fact.answers.get(RISK_ITEMS.get(fact.instrument, "")),
        taken_at=fact.taken_at,
        mode=fact.mode,
        mode_label=fact.get_mode_display(),
        recorded_at=fact.recorded_at,
        recorded_by=fact.recorded_by.name,
        wording_sha256=fact.wording_sha256,
        reason=fact.reason,
        corrected=QuestionnaireResponse.objects.filter(corrects_id=fact.id).exists(),
        replaces=_answers(fact.corrects) if isinstance(fact.corrects, QuestionnaireResponse) else None,
    )


def _band(wording: Mapping[str, list[dict[str, str | int]]], total: int | None) -> str:
    if total is None:
        return ""
    names = [
        band["name"] for band in wording["bands"] if int(band["lowest"]) <= total <= int(band["highest"])
    ]
    return str(names[0]) if names else ""


@dataclass(frozen=True, slots=True)
class ScaleScoreView:
    """The total of one scale as it stands. ``replaces`` is the total it corrected."""

    id: UUID
    scale: str
    title: str
    total: Decimal
    highest: int
    scored_at: datetime
    scored_by: str
    recorded_at: datetime
    recorded_by: str
    reason: str
    replaces: Decimal | None


def scale_scores(viewer: Viewer, patient_id: UUID) -> tuple[ScaleScoreView, ...]:
    """Every total that stands, the latest first."""
    viewer.require(Permission.VIEW_CHART)
    patient = people.row(viewer, patient_id)
    rows = ScaleScore.objects.current().filter(patient=patient)
    found = rows.select_related("recorded_by", "corrects").order_by("-scored_at", "-recorded_at")
    return tuple(_scale_score(row) for row in found)


def scale_score(viewer: Viewer, patient_id: UUID, score_id: UUID) -> ScaleScoreView:
    """One total that stands, to correct it.

    Raises:
        NotFound: the patient has no such total, or this person may not see the patient.
    """
    found = next((each for each in scale_scores(viewer, patient_id) if each.id == score_id), None)
    if found is None:
        raise NotFound
    return found


def latest_scale_score(viewer: Viewer, patient_id: UUID, indication: str) -> ScaleScoreView | None:
    """The last total on the scale that belongs to what is treated."""
    wanted = {each.id for each in scales() if indication in each.indications}
    return next((each for each in scale_scores(viewer, patient_id) if each.scale in wanted), None)


def _scale_score(row: ScaleScore) -> ScaleScoreView:
    found = scale(row.scale)
    return ScaleScoreView(
        id=row.id,
        scale=row.scale,
        title=found.title,
        total=row.total,
        highest=found.highest.value,
        scored_at=row.scored_at,
        scored_by=row.scored_by,
        recorded_at=row.recorded_at,
        recorded_by=row.recorded_by.name,
        reason=row.reason,
        replaces=row.corrects.total if isinstance(row.corrects, ScaleScore) else None,
    )
