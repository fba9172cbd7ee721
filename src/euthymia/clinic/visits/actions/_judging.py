"""The rules look at the readings of a visit: alarms are raised, breaches kept."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import UTC, datetime

from django.urls import reverse

from euthymia.clinic.access.permissions import Role
from euthymia.clinic.access.viewer import Viewer
from euthymia.clinic.safety import actions as safety
from euthymia.clinic.safety.models import TaskKind
from euthymia.clinic.visits import assess, models, wire
from euthymia.clinic.visits.actions._common import add, note_deviations
from euthymia.clinic.visits.record import Record
from euthymia.clinic.visits.sparing import spare
from euthymia.evidence import task_delay
from euthymia.protocol import VISIT, Finding, Outcome, Tier

_GRAVEST = [Tier.EMERGENCY, Tier.STOP, Tier.ALERT]


def judge(
    record: Record, *, by: Viewer, at: datetime, source: str = "", late: datetime | None = None
) -> None:
    """Let the rules look at the readings that now stand: new alarms are raised, breaches kept.

    Where the visit has ended a new alarm becomes a task: it would call nobody. ``source`` names the monitor whose
    reading is looked at. With ``late``, the time of a reading that came, or was put right, after newer ones, what it
    meant then is looked at too: what was missed is told, though later readings are better.
    """
    fresh = spare(Record(record.visit))
    findings = [*assess.alarms(fresh, at), *(_missed(record, late, at) if late else ())]
    alarms = _alarms(record)
    if source:
        findings = [each for each in findings if not _calls_already(alarms, each, at)]
    _raise(record, findings, alarms, by=by, at=at, source=source)
    _keep_breaches(record, fresh, by=by, at=at, entered_late=late is not None)


def if_late(record: Record, measured_at: datetime) -> datetime | None:
    """The time of a reading that is entered or put right, where a newer one stands before the rules in its place."""
    newer = models.Observation.objects.filter(visit=record.visit, measured_at__gt=measured_at).exists()
    return measured_at if newer else None


def judge_sheet(record: Record, measured: Iterable[datetime], *, by: Viewer, at: datetime) -> None:
    """Let the rules look at readings that were copied from paper, once all of them are in: as of the time of each.

    What they find is told as that and calls nobody now; but for what still says how a patient who is here is: that
    calls like any other reading.
    """
    fresh = spare(Record(record.visit))
    alarms = _alarms(record)
    if record.visit.state in VISIT.occupied:
        recent = at - record.rules["MON-4"].duration("reading_age_max")
        still = [each for each in assess.alarms(fresh, at) if _newest(each) >= recent]
        _raise(record, still, alarms, by=by, at=at)
    for then in measured:
        found = assess.alarms(_as_of(record, then), then)
        _raise(record, found, _alarms(record), by=by, at=at, retrospective=True)
    _keep_breaches(record, fresh, by=by, at=at, entered_late=True)


def _alarms(record: Record) -> list[models.Alarm]:
    return list(models.Alarm.objects.filter(visit=record.visit).select_related("acknowledgement"))


def _newest(finding: Finding) -> datetime:
    return max(
        (each.at for each in finding.inputs if each.at is not None), default=datetime.min.replace(tzinfo=UTC)
    )


def _raise(
    record: Record,
    findings: Iterable[Finding],
    alarms: Collection[models.Alarm],
    *,
    by: Viewer,
    at: datetime,
    source: str = "",
    retrospective: bool = False,
) -> None:
    """Keep each finding that calls somebody as an alarm, once."""
    raised, new = {alarm.fingerprint for alarm in alarms}, []
    for finding in findings:
        if finding.tier is not None and finding.fingerprint not in raised:
            raised.add(finding.fingerprint)
            new.append(
                add(
                    models.Alarm,
                    record,
                    by=by,
                    at=at,
                    rule=finding.rule,
                    tier=finding.tier.value,
                    fingerprint=finding.fingerprint,
                    finding=finding.to_json(),
                    source=source,
                    retrospective=retrospective,
                )
            )
    if new and record.visit.state not in VISIT.occupied:
        _ask_to_look(record, new[0], by=by, at=at)


def _keep_breaches(record: Record, fresh: Record, *, by: Viewer, at: datetime, entered_late: bool) -> None:
    """Keep what the gate's rules missed; an entry that came late may show that nothing was missed after all."""
    findings = assess.discharge(fresh, at)
    note_deviations(fresh, findings, by=by, at=at)
    if entered_late:
        _withdraw_breaches(record, findings, by=by, at=at)


def _withdraw_breaches(record: Record, findings: Iterable[Finding], *, by: Viewer, at: datetime) -> None:
    """Answer a breach that was no breach: it rested on what was not entered yet. It and its answer stay."""
    met = {each.rule: each for each in findings if each.outcome is Outcome.SATISFIED and not each.deviation}
    rows = models.Deviation.objects.current().filter(visit=record.visit, answer__isnull=True, rule__in=met)
    for row in rows:
        if _counts_from(Finding.from_json(row.finding)) == _counts_from(met[row.rule]):
            why = f"It was entered afterwards. {met[row.rule].sentence}"
            add(models.DeviationReason, record, by=by, at=at, deviation=row, why=why)


def _counts_from(finding: Finding) -> datetime | None:
    """The dose a finding counts from: after a further one the same rule speaks of another window."""
    return next((each.at for each in finding.inputs if each.name == "last device"), None)


def hand_on_unanswered(record: Record, *, by: Viewer, at: datetime) -> None:
    """The patient leaves with an alarm that nobody answered: with the tile it would be gone from every board."""
    waiting = [each for each in record.alarms if not (hasattr(each, "acknowledgement") or each.retrospective)]
    if waiting:
        gravest = min(waiting, key=lambda alarm: _GRAVEST.index(Tier(alarm.tier)))
        _ask_to_look(record, gravest, by=by, at=at, note="The patient left, and nobody had answered it.")


def _ask_to_look(
    record: Record,
    alarm: models.Alarm,
    *,
    by: Viewer,
    at: datetime,
    note: str = "It was entered after the visit had ended, and meets a rule that calls somebody.",
) -> None:
    """Nobody stands at the chair any more, and no board shows it: a prescriber is asked to look and to answer."""
    safety.open_task(
        by=by,
        at=at,
        patient_id=record.visit.course.patient_id,
        kind=TaskKind.LATE_FINDING,
        origin=f"alarm:{alarm.id}",
        owner_role=Role.PRESCRIBER,
        opens_at=at,
        due_at=at + task_delay("late_finding", "due_within"),
        note=note,
        page=reverse("visits:visit", args=[record.visit.id]),
        escalates_at=at + task_delay("late_finding", "acknowledge_within"),
        escalates_to=Role.MEDICAL_DIRECTOR,
    )


def _calls_already(alarms: Collection[models.Alarm], finding: Finding, at: datetime) -> bool:
    """Whether the same rule at this tier or a graver one waits for an answer, or got one just now.

    Asked for readings of monitors alone: what a person measured anew calls anew.
    """
    if finding.tier is None:
        return False
    as_grave = {tier.value for tier in _GRAVEST[: _GRAVEST.index(finding.tier) + 1]}
    since = at - wire.span("alarm", "again_after")
    for alarm in alarms:
        answer = getattr(alarm, "acknowledgement", None)
        quiet = answer is None or answer.recorded_at > since
        if alarm.rule == finding.rule and alarm.tier in as_grave and quiet:
            return True
    return False


def _missed(record: Record, late: datetime, at: datetime) -> list[Finding]:
    """What the rules would have said when the late reading was the newest one, as far as it broke a limit."""
    found = assess.alarms(_as_of(record, late), at)
    return [each for each in found if each.outcome is Outcome.VIOLATED]


def _as_of(record: Record, moment: datetime) -> Record:
    """The visit as if nothing had been measured after ``moment``."""
    then = Record(record.visit)
    then.__dict__["observations"] = [row for row in then.observations if row.measured_at <= moment]
    return then
