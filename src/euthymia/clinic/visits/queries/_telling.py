"""The sentences of a visit's note, section by section."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime

from euthymia.clinic.access.viewer import Viewer
from euthymia.clinic.safety import queries as safety
from euthymia.clinic.visits import assess
from euthymia.clinic.visits.models.ends import ExitKind
from euthymia.clinic.visits.models.leaving import Signer
from euthymia.clinic.visits.models.medicine import MedicineFact
from euthymia.clinic.visits.queries import _check_in, _readings
from euthymia.clinic.visits.queries._common import PRODUCT_WORDS
from euthymia.clinic.visits.queries._history import history
from euthymia.clinic.visits.queries._noting import Line, Section, Table, Told, left_out, line, told
from euthymia.clinic.visits.queries.direct import DirectView
from euthymia.clinic.visits.queries.dosing import dosing
from euthymia.clinic.visits.record import Record
from euthymia.clinic.visits.sheets import said
from euthymia.protocol import Finding


def sections(viewer: Viewer, record: Record, now: datetime) -> tuple[Section, ...]:
    """The whole note as the rows tell it now."""
    parts = (
        Section("visit", "The visit", tuple(_visit(record))),
        Section("check-in", "Check-in", tuple(_asked(record))),
        Section("dose", "Order and dose", tuple(_dose(viewer, record, now))),
        Section("course", "What was observed", tuple(_watched(record)), _table(record)),
        Section("events", "Adverse events", tuple(_events(viewer, record))),
        Section("deviations", "Departures from the rules", tuple(_departures(record))),
        Section("leaving", "Leaving", tuple(_leaving(record, now))),
    )
    others = tuple(_others(left_out(parts, told(record))))
    kept = tuple(part for part in parts if part.lines or part.table)
    return (*kept, Section("other", "Also entered", others)) if others else kept


def _others(rest: Iterable[Told]) -> Iterator[Line]:
    """What no section tells of, one line for each kind: named, so that nothing is left out."""
    by_kind: dict[str, list[Told]] = defaultdict(list)
    for each in rest:
        by_kind[each.kind].append(each)
    for kind, found in by_kind.items():
        entries = "1 entry" if len(found) == 1 else f"{len(found)} entries"
        first = found[0]
        yield Line(f"{kind}: {entries}.", tuple(each.id for each in found), first.recorded_at, first.by)


def _at(record: Record, at: datetime) -> str:
    """A time of the visit's day; another day is named."""
    local, begun = record.local(at), record.local(record.visit.scheduled_at)
    return f"{local:%H:%M}" if local.date() == begun.date() else f"{local.day} {local:%B, %H:%M}"


def _visit(record: Record) -> Iterator[Line]:
    visit, day = record.visit, record.local(record.visit.scheduled_at)
    number = f", session {visit.session_number}" if visit.session_number else ""
    yield Line(
        f"{PRODUCT_WORDS[visit.product]}{number}, on {day:%A} {day.day} {day:%B %Y} in {visit.chair.name}.",
        at=visit.scheduled_at,
    )
    if (who := record.identity) is not None:
        first, second = who.get_first_display().lower(), who.get_second_display().lower()
        yield line(f"Received at {_at(record, who.measured_at)}; known by {first} and {second}.", who)


def _asked(record: Record) -> Iterator[Line]:
    by_key = {
        "weight": record.weight,
        "fasting": record.fasting,
        "nasal-product": record.nasal_product,
        "medicines": record.medicines,
        "substances": record.substances,
        "interval": record.interval,
        "maintenance": record.maintenance,
        "pregnancy": record.pregnancy,
        "programme": record.programme,
        "phq-9": record.questionnaire,
        "high-risk": record.high_risk_decision,
        "escort": record.escort,
        "instructions": record.instructions,
    }
    asked_again = [each for each in record.day_answers if each.condition == "pressure_risk"]
    links = [link for link in record.risks if not link.after_dose]
    for piece in _check_in.pieces(record):
        if not piece.done or piece.key in ("identity", "pressure"):
            continue
        made = line(f"{piece.title}: {piece.summary or 'recorded'}.", by_key.get(piece.key))
        if piece.key == "pressure-risk" and asked_again:
            made = line(made.text, *reversed(asked_again))
        if piece.key == "risk" and links:
            made = line(made.text, *reversed(links))
        yield replace(made, at=piece.at, by=piece.by)


def _dose(viewer: Viewer, record: Record, now: datetime) -> Iterator[Line]:
    shown, order = dosing(record, for_weight=True), record.order
    if order is not None:
        devices = f" as {order.devices} device{'s' if order.devices != 1 else ''}" if order.devices else ""
        by_weight = f" ({order.mg_per_kg} mg/kg at {order.weight_kg} kg)" if order.mg_per_kg else ""
        minutes = f" over {order.minutes} minutes" if order.minutes else ""
        way = f" {shown.order.route_words}" if shown.order and shown.order.route else ""
        signed = order.signature
        yield line(
            f"{signed.signer_name} ordered {order.dose_mg.normalize():f} mg{by_weight}{devices}{minutes}{way} at "
            f"{_at(record, order.recorded_at)}.",
            order,
        )
    for check in record.bedside_checks:
        yield line(
            f"{check.confirmed_by.name} confirmed patient and dose at the chair at {_at(record, check.measured_at)}.",
            check,
        )
    for device in record.devices:
        lot = f", lot {device.lot}" if device.lot else ", lot not recorded"
        wrong = f" Problem: {device.problem.rstrip('.')}." if device.problem else ""
        yield line(f"Device {device.number} at {_at(record, device.measured_at)}{lot}.{wrong}", device)
    for event in record.infusion:
        rate = f" at {event.rate_ml_per_h} mL/h" if event.rate_ml_per_h else ""
        volume = f", {event.volume_given_ml} mL given" if event.volume_given_ml is not None else ""
        why = f": {event.why.rstrip('.')}" if event.why else ""
        step = event.get_step_display().lower()
        yield line(f"Infusion {step} at {_at(record, event.measured_at)}{rate}{volume}{why}.", event)
    for row, dose in zip(record.direct, shown.direct, strict=True):
        yield line(_direct(record, dose), row)
    if shown.given_mg is not None:
        by_weight = f" ({shown.given_mg_per_kg.normalize():f} mg/kg)" if shown.given_mg_per_kg else ""
        yield Line(f"{shown.given_mg} mg given in all{by_weight}.")
    if (account := assess.drug_account(viewer, record, now)) is not None:
        yield Line(account.sentence)


def _direct(record: Record, dose: DirectView) -> str:
    note = f" {dose.note.rstrip('.')}." if dose.note else ""
    if dose.dose_mg is None:
        return f"{dose.title} at {_at(record, dose.at)}.{note}"
    site = f", {dose.site.lower()}" if dose.site else ""
    lot = f", lot {dose.lot}" if dose.lot else ", lot not recorded"
    given = f"{dose.dose_mg.normalize():f} mg {dose.amount}"
    return f"{dose.title} at {_at(record, dose.at)}: {given}{site}{lot}.{note}"


def _watched(record: Record) -> Iterator[Line]:
    for each in _readings.sets(record)[::-1]:
        for cell in each.notes:
            yield Line(f"At {_at(record, each.at)}: {_cell(cell).rstrip('.')}.", at=each.at, by=each.by)
    for alarm in record.alarms:
        finding = Finding.from_json(alarm.finding)
        answer = getattr(alarm, "acknowledgement", None)
        did = (
            f" {answer.recorded_by.name}: {answer.action.rstrip('.')}." if answer else " Nobody answered it."
        )
        yield line(f"{finding.sentence.rstrip('.')}. ({finding.rule}){did}", alarm, answer)
    yield from _medicines(record)
    for waiver in record.waivers:
        yield line(f"A due reading was not taken: {waiver.why.rstrip('.')}.", waiver)
    if taken := record.observation_rows:
        count, last = len(_readings.sets(record)), taken[-1]
        yield Line(
            f"{count} set{'s' if count != 1 else ''} of readings were taken; see the table.",
            tuple(str(row.id) for row in taken),
            last.measured_at,
            last.recorded_by.name,
        )


def _medicines(record: Record) -> Iterator[Line]:
    for order in record.medicine_orders:
        said = ", said and read back" if order.verbal else ""
        yield line(
            f"{order.prescriber.name} ordered {_amount(order)} at {_at(record, order.measured_at)}{said}: "
            f"{order.why.rstrip('.')}.",
            order,
        )
    for given in record.medicines_given:
        note = f": {given.note.rstrip('.')}" if given.note else ""
        yield line(f"{_amount(given)} given at {_at(record, given.measured_at)}{note}.", given)


def _amount(row: MedicineFact) -> str:
    return (
        f"{row.medicine} {row.dose.normalize():f} {row.get_unit_display()}, {row.get_route_display().lower()}"
    )


def _table(record: Record) -> Table | None:
    taken = [each for each in _readings.sets(record) if not each.is_routine][::-1]
    if not taken:
        return None
    heads = [label for _, label in _readings.columns(record)]
    used = [place for place in range(len(heads)) if any(each.cells[place] for each in taken)]
    return Table(
        ("Time", *(heads[place] for place in used), "By"),
        tuple(
            (
                _at(record, each.at),
                *(_cell(each.cells[place]) for place in used),
                each.by,
            )
            for each in taken
        ),
    )


def _cell(cell: _readings.Cell | None) -> str:
    if cell is None:
        return ""
    was = f" (was {', '.join(cell.earlier)})" if cell.earlier else ""
    return f"{cell.text}{', artefact' if cell.artefact else ''}{was}"


def _events(viewer: Viewer, record: Record) -> Iterator[Line]:
    begun = record.t0 or record.visit.scheduled_at
    ended = max((each.measured_at for each in record.exits), default=record.visit.planned_end_at)
    for event in safety.adverse_events(viewer, record.visit.course.patient_id):
        if begun <= event.onset_at <= max(ended, record.visit.planned_end_at):
            did = f" {event.action.rstrip('.')}." if event.action else ""
            yield Line(
                f"{event.term} from {_at(record, event.onset_at)}, {event.severity_label.split(':')[0].lower()}; "
                f"{event.outcome_label.lower()}.{did}",
                (str(event.id),),
                event.onset_at,
                event.recorded_by,
            )


def _departures(record: Record) -> Iterator[Line]:
    for each in record.overrides:
        rules = ", ".join(finding["rule"] for finding in each.findings)
        yield line(f"{each.signature.signer_name} signed for {rules}: {each.why.rstrip('.')}.", each)
    for row in record.deviations:
        answer = getattr(row, "answer", None)
        why = f" Reason: {answer.why.rstrip('.')}." if answer else " No reason was given."
        yield line(f"{row.sentence.rstrip('.')}. ({row.rule}){why}", row, answer)


def _leaving(record: Record, now: datetime) -> Iterator[Line]:
    if (judged := record.stability) is not None:
        how = "stable and ready to leave" if judged.stable else "not ready to leave"
        yield line(f"At {_at(record, judged.measured_at)} judged {how}: {judged.basis.rstrip('.')}.", judged)
    if (risk := record.risk_after) is not None:
        links = [link for link in record.risks if link.after_dose]
        made = line(
            f"Suicide risk after the dose: {risk.get_level_display().lower()}, at "
            f"{_at(record, risk.assessed_at)}: {risk.basis.rstrip('.')}.",
            *reversed(links),
        )
        yield replace(made, at=risk.assessed_at, by=risk.recorded_by.name)
    for said_then in record.escort_words:  # each stays, as it was said
        when = _at(record, said_then.measured_at)
        came = f"{said_then.name} came at {when} to take the patient home."
        gone = f"At {when} no escort was here: {said_then.why.rstrip('.')}."
        yield line(came if said_then.here else gone, said_then)
    yield from _missing(record)
    yield from _ends(record)
    yield from _handed_over(record)
    until = assess.driving_ban(record, now)
    if until is not None and record.visit.state != "died":
        yield Line(
            f"No driving before {said(record.local(until))}, and only after a full night's sleep and feeling fully "
            "alert."
        )


def _missing(record: Record) -> Iterator[Line]:
    if (gone := record.elopement) is not None:
        seen = ", ".join(filter(None, (gone.last_seen_by, gone.last_seen_where)))
        yield line(
            f"Missed at {_at(record, gone.measured_at)}, last seen at {_at(record, gone.last_seen_at)}"
            f"{f' ({seen})' if seen else ''}. {gone.how}",
            gone,
        )
    for entry in record.searches:
        decided = f": {entry.get_decision_display()}" if entry.decision else ""
        yield line(
            f"{entry.get_step_display()}{decided}, at {_at(record, entry.measured_at)}: "
            f"{entry.detail.rstrip('.')}.",
            entry,
        )


def _ends(record: Record) -> Iterator[Line]:
    for each in record.exits:
        where = f" to {each.destination}" if each.destination else ""
        whom = f", with {each.with_whom}" if each.with_whom else ""
        detail = f": {each.detail.rstrip('.')}" if each.detail else ""
        words = ExitKind(each.kind).label
        yield line(f"{words} at {_at(record, each.measured_at)}{where}{whom}{detail}.", each)
    for entry in history(record):
        if entry.title in ("Stable again", "Back again"):
            note = f": {entry.note.rstrip('.')}" if entry.note else ""
            yield Line(f"{entry.title} at {_at(record, entry.at)}{note}.", at=entry.at, by=entry.by)


def _handed_over(record: Record) -> Iterator[Line]:
    sheet, receipt = record.sheet, record.receipt
    if sheet is not None:
        yield line(
            f"Instructions to take home ({sheet.text_version}) prepared at {_at(record, sheet.measured_at)}.",
            sheet,
        )
    if receipt is not None:
        nobody = receipt.signer == Signer.NOBODY
        what = (
            f"nobody signed: {receipt.why_not.rstrip('.')}"
            if nobody
            else (f"{receipt.signed_name} signed for {', '.join(receipt.received)}")
        )
        yield line(f"Receipt at {_at(record, receipt.measured_at)}: {what}.", receipt)
    for points in record.leaving_points:
        ready = f"would have been ready at {_at(record, points.ready_at)}" if points.ready_at else ""
        gone = f"gone through: {', '.join(points.gone_through)}" if points.gone_through else ""
        yield line(f"For the record of leaving: {'; '.join(filter(None, (ready, gone)))}.", points)
