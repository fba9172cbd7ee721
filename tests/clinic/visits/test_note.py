"""The note of a visit: told from its facts, edited, signed, locked; what a closed visit owes."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest
from tests.clinic import patients
from tests.clinic.visits import scenes
from tests.clinic.visits.scenes import minutes, state

from euthymia.clinic.access.viewer import Viewer
from euthymia.clinic.reports import notes as printed
from euthymia.clinic.safety.models import Task, TaskKind
from euthymia.clinic.visits import actions, models, queries
from euthymia.clinic.visits.actions import Conflict, Readings, Refused
from euthymia.clinic.visits.queries._noting import left_out, told
from euthymia.clinic.visits.queries._telling import sections
from euthymia.clinic.visits.record import Record
from euthymia.protocol import programme_form

LEFT = minutes(130)
CLOSED = minutes(150)


@pytest.fixture
def staff(db: None) -> Viewer:
    return patients.staff()


@pytest.fixture
def left(staff: Viewer) -> UUID:
    """A patient who was discharged, with instructions and a receipt."""
    visit_id = scenes.recovered(staff)
    actions.prepare_sheet(by=staff, at=minutes(128), visit_id=visit_id)
    actions.record_receipt(
        by=staff,
        at=minutes(129),
        visit_id=visit_id,
        signer="escort",
        signed_name="Jo Field",
        received=["instructions on paper"],
    )
    actions.discharge(by=staff, at=LEFT, visit_id=visit_id, reauth=patients.proof(staff, LEFT))
    return visit_id


def close(by: Viewer, visit_id: UUID, **more: Any) -> None:
    actions.close(
        by=by,
        at=CLOSED,
        visit_id=visit_id,
        adverse_events="none",
        discrepancy="drawn by another hand",
        reauth=patients.proof(by, CLOSED),
        **more,
    )


def test_the_note_tells_every_fact_of_the_visit_and_each_line_names_its_own(
    staff: Viewer, left: UUID
) -> None:
    record = Record(models.Visit.objects.get(pk=left))
    parts = sections(staff, record, CLOSED)
    assert list(left_out(parts, told(record))) == []
    words = {part.key: part.words for part in parts}
    assert "Esketamine nasal spray, session 1, on Friday 20 November 2026 in Chair 1." in words["visit"]
    assert f"{staff.name} ordered 56 mg as 2 devices at 10:00." in words["dose"]
    assert "Device 2 at 10:05, lot L1." in words["dose"]
    assert "Jo Field signed for instructions on paper." in words["leaving"]
    assert (
        "No driving before Saturday 21 November 2026 at 06:00, and only after a full night's sleep and feeling "
        "fully alert." in words["leaving"]
    )
    table = next(part.table for part in parts if part.key == "course")
    assert table is not None
    assert ("10:45", "124/78") in {row[:2] for row in table.rows}
    known = {each.id for each in told(record)}
    stood_on = [fact for part in parts for one in part.lines for fact in one.facts]
    assert set(stood_on) <= known
    assert all(one.by and one.at for part in parts for one in part.lines if one.facts)


def test_it_is_edited_signed_and_locked_and_what_comes_later_asks_for_an_addendum(
    staff: Viewer, left: UUID
) -> None:
    shown = queries.note(staff, left, CLOSED)
    words = {part.key: part.text for part in shown.sections} | {"leaving": "Went home calm.\nJo drove."}
    first = actions.save_note(by=staff, at=minutes(140), visit_id=left, words=words, base=shown.base)
    with pytest.raises(Conflict, match="saved a version at 12:20"):
        actions.save_note(by=staff, at=minutes(141), visit_id=left, words=words, base=None)
    actions.record_leaving_points(by=staff, at=minutes(142), visit_id=left, ready_at=minutes(95))
    news = queries.note(staff, left, minutes(143))
    assert [part.key for part in news.sections if part.new] == ["leaving"]
    seen = queries.note_hash(staff, left, minutes(143))
    actions.record_leaving_points(by=staff, at=minutes(144), visit_id=left, ready_at=minutes(96))
    with pytest.raises(Conflict, match="since you read the note"):
        close(staff, left, seen=seen)
    close(staff, left, seen=queries.note_hash(staff, left, CLOSED))
    assert state(left) == "closed"
    locked = queries.note(staff, left, minutes(160))
    by_key = {part.key: part for part in locked.sections}
    assert by_key["leaving"].text == "Went home calm.\nJo drove."
    assert by_key["dose"].words is None
    assert [each.edited for each in locked.versions] == [("Leaving",), ("Leaving",)]
    assert [each.signed for each in locked.versions] == [False, True]
    assert queries.note(staff, left, minutes(160), first).sections != ()
    assert (locked.is_locked, locked.late) == (True, ())
    with pytest.raises(Refused, match="is signed"):
        actions.save_note(by=staff, at=minutes(161), visit_id=left, words=words, base=locked.base)
    before = locked.sections
    scenes.observe(staff, minutes(170), left, Readings(note="dizzy at the door"), measured_at=minutes(129))
    late = queries.note(staff, left, minutes(171))
    assert late.sections == before
    assert [each.kind for each in late.unspoken] == ["Observation"]
    actions.add_to_note(
        by=staff,
        at=minutes(172),
        visit_id=left,
        text="Was dizzy at the door; sat down, left ten minutes later.",
        covers=[each.id for each in late.unspoken],
        reauth=patients.proof(staff, minutes(172)),
    )
    after = queries.note(staff, left, minutes(173))
    assert (after.unspoken, [each.by for each in after.addenda]) == ((), [staff.name])
    drawn = [printed.document(staff, left, minutes(180 + later))[1] for later in (0, 5)]
    assert drawn[0].startswith(b"%PDF")
    assert drawn[0] == drawn[1]


def test_what_is_owed_is_asked_for_when_the_patient_leaves_and_moves_with_a_second_leaving(
    staff: Viewer, left: UUID
) -> None:
    due = Task.objects.get(kind=TaskKind.FOLLOW_UP_CALL).due_at
    actions.declare_emergency(by=staff, at=minutes(133), visit_id=left, happened_at=minutes(133), seen="fell")
    assert Task.objects.filter(kind=TaskKind.EMERGENCY_REVIEW, closed_at=None).exists()
    actions.transfer(
        by=staff, at=minutes(140), visit_id=left, left_at=minutes(140), destination="General", why="fell"
    )
    moved = Task.objects.get(kind=TaskKind.FOLLOW_UP_CALL)
    assert moved.due_at - due == minutes(140) - LEFT
    assert Task.objects.filter(kind=TaskKind.TRANSFER_NEWS).exists()


def test_the_programmes_form_says_what_is_missing_until_it_is_sent(staff: Viewer, left: UUID) -> None:
    form = queries.closing(staff, left, CLOSED).form
    assert form is not None
    values = {each.key: each.value for each in form.items}
    assert (values["minutes"], values["dose"], values["bp_40"]) == ("130", "56 mg", "124/78 mmHg")
    assert {"ready", "benzodiazepine", "sedation", "setting_address"} <= {each.key for each in form.missing}
    close(staff, left)
    task = Task.objects.get(kind=TaskKind.PROGRAMME_FORM)
    assert (
        Record(models.Visit.objects.get(pk=left)).local(task.due_at).strftime("%d %b %H:%M") == "27 Nov 23:59"
    )
    actions.record_leaving_points(by=staff, at=CLOSED, visit_id=left, ready_at=minutes(95))
    answers = dict.fromkeys((*programme_form.MEDICINES, *programme_form.JUDGED), "no")
    answers |= {"observer_phone": "+1 555 0110", "setting_address": "1 Elm Street, Albany NY"}
    actions.answer_form(by=staff, at=CLOSED, visit_id=left, answers=answers)
    whole = queries.closing(staff, left, CLOSED).form
    assert whole is not None
    assert whole.missing == ()
    actions.record_form_sent(by=staff, at=CLOSED, visit_id=left, how="online, R-1", measured_at=CLOSED)
    task.refresh_from_db()
    assert task.closed_at is not None


def test_a_meeting_to_integrate_is_wanted_then_booked(staff: Viewer, left: UUID) -> None:
    with pytest.raises(Refused, match="why it was not offered"):
        actions.offer_integration(by=staff, at=CLOSED, visit_id=left, answer="not offered")
    actions.offer_integration(by=staff, at=CLOSED, visit_id=left, answer="accepted", detail="next week")
    task = Task.objects.get(kind=TaskKind.INTEGRATION)
    assert (task.owner_role, (task.due_at - LEFT).days) == ("therapist", 3)
    with pytest.raises(Refused, match="book it first"):
        actions.offer_integration(by=staff, at=CLOSED, visit_id=left, answer="booked", appointment_id=uuid4())
    actions.offer_integration(by=staff, at=CLOSED, visit_id=left, answer="declined", detail="not now")
    task.refresh_from_db()
    assert task.closed_at is not None
