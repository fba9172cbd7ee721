"""The rules look at the readings of a visit: alarms are raised, breaches kept."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from euthymia.clinic.access.viewer import Viewer
from euthymia.clinic.visits import assess, models, wire
from euthymia.clinic.visits.actions._common import add, note_deviations
from euthymia.clinic.visits.record import Record
from euthymia.protocol import Finding, Outcome, Tier

_GRAVEST = [Tier.EMERGENCY, Tier.STOP, Tier.ALERT]


def judge(
    record: Record, *, by: Viewer, at: datetime, source: str = "", late: datetime | None = None
) -> None:
    """Let the rules look at the readings that now stand: new alarms are raised, breaches kept.

    ``source`` names the monitor whose reading is looked at. With ``late``, the time of a reading that came after
    newer ones, what it meant then is looked at too: what was missed is told, though later readings are better.
    """
    fresh = Record(record.visit)
    findings = [*assess.alarms(fresh, at), *(_missed(record, late, at) if late else ())]
    alarms = list(models.Alarm.objects.filter(visit=record.visit).select_related("acknowledgement"))
    raised = {alarm.fingerprint for alarm in alarms}
    for finding in findings:
        if source and _calls_already(alarms, finding, at):
            continue
        if finding.tier is not None and finding.fingerprint not in raised:
            raised.add(finding.fingerprint)
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
            )
    note_deviations(fresh, assess.discharge(fresh, at), by=by, at=at)


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
    then = Record(record.visit)
    then.__dict__["observations"] = [row for row in then.observations if row.measured_at <= late]
    return [each for each in assess.alarms(then, at) if each.outcome is Outcome.VIOLATED]
