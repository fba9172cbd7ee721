"""Two clinics that know nothing of each other, and in each one thing of every kind that an address names."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

from django.core import signing
from django.utils import timezone
from tests.clinic import factories, patients
from tests.clinic.visits import scenes

from euthymia.clinic.access import actions as access
from euthymia.clinic.access import wall_screens
from euthymia.clinic.access.models import Clinic, WallScreen
from euthymia.clinic.access.permissions import Role
from euthymia.clinic.access.viewer import Reauthenticated, Viewer
from euthymia.clinic.courses.actions import referral_links, referrals, treatments
from euthymia.clinic.courses.incoming import Incoming
from euthymia.clinic.courses.models import Appointment, ConsentRecord, ReferralLink
from euthymia.clinic.measures import actions as measures
from euthymia.clinic.people import actions as people
from euthymia.clinic.people import joining
from euthymia.clinic.people.models import Patient
from euthymia.clinic.reports import actions as reports
from euthymia.clinic.reports.contents import Entered
from euthymia.clinic.rulebook import actions as rulebook
from euthymia.clinic.rulebook.models import BookVersion
from euthymia.clinic.safety import actions as safety
from euthymia.clinic.safety.models import TaskKind
from euthymia.clinic.visits import actions as visits
from euthymia.clinic.visits import queries as visit_queries
from euthymia.clinic.visits import sheets, wire
from euthymia.clinic.visits.models import (
    Alarm,
    Closure,
    Deviation,
    DeviceAdministration,
    DirectDose,
    InfusionEvent,
    MonitorKey,
    MonitorReading,
    Observation,
    PaperOrder,
    RotaShift,
    VisitNote,
)
from euthymia.clinic.visits.models.dose import InfusionStep
from euthymia.clinic.visits.queries import Credential
from euthymia.evidence import instrument
from euthymia.protocol import Product
from euthymia.protocol.drug_account import Movement

PATIENT_NAME = "Quillfeather"
"""In the name of every patient here: no denied answer may hold it."""

LETTERS = {
    "P": Role.PRESCRIBER,
    "N": Role.NURSE,
    "T": Role.THERAPIST,
    "F": Role.FRONT_DESK,
    "M": Role.MEDICAL_DIRECTOR,
    "A": Role.ADMINISTRATOR,
}


class World:
    """One clinic. ``thing("patient")`` makes the patient when it is first asked for, and returns its id."""

    def __init__(self, name: str) -> None:
        self.clinic: Clinic = factories.by_day(name)
        self.everything: Viewer = factories.viewer(*LETTERS.values(), clinic=self.clinic)
        self.now = timezone.now()
        self._made: dict[str, Any] = {}

    def make_everything(self) -> None:
        """One thing of each kind."""
        for kind in THINGS:
            self.thing(kind)

    def thing(self, kind: str) -> Any:
        """The id, token or word that stands in an address for ``kind``."""
        if kind not in self._made:
            self._made[kind] = THINGS[kind](self)
        return self._made[kind]


def _link(world: World) -> str:
    _, token = access.add_staff(
        by=world.everything,
        name="Newcomer",
        email=f"new@{world.clinic.id}.example",
        roles=[Role.NURSE],
        at=timezone.now(),
    )
    return token


def _factor(world: World) -> int:
    from allauth.mfa.models import Authenticator

    return Authenticator.objects.get(user_id=world.everything.user_id).pk


def _emergency(world: World) -> Any:
    return access.break_glass(
        by=factories.viewer(Role.NURSE, clinic=world.clinic),
        patient_id=world.thing("restricted_patient"),
        why="to know what was given",
        at=timezone.now() - timedelta(hours=3),
    ).id


def _wall_screen(world: World) -> Any:
    proof = Reauthenticated(world.everything.user_id, "password+totp", world.now)
    wall_screens.open_screen(by=world.everything, at=world.now, name="Hall", reauth=proof)
    return WallScreen.objects.get(clinic=world.clinic).id


def _patient(world: World, *, restricted: bool = False) -> Any:
    patient_id = patients.patient(world.everything, world.now, family_name=PATIENT_NAME)
    if restricted:
        Patient.objects.filter(id=patient_id).update(restricted=True)
    return patient_id


def _course(world: World) -> Any:
    course_id = patients.planned(world.everything, world.now - timedelta(days=1))
    Patient.objects.filter(courses=course_id).update(family_name=PATIENT_NAME)
    return course_id


def _visit(world: World, made: Callable[..., Any], chair: str, **more: Any) -> Any:
    """A visit that began three hours ago on a chair of its own."""
    begun = world.now - timedelta(hours=3)
    by = world.everything
    visit_id = made(by, begun, chair_id=scenes.chair(by, f"{world.clinic.name} {chair}").pk, **more)
    Patient.objects.filter(courses__visits=visit_id).update(family_name=PATIENT_NAME)
    return visit_id


def _watched(world: World) -> Any:
    """A visit with devices given too close together, a reading that alarms, and hours to go."""
    visit_id = _visit(world, scenes.ordered, "1")
    begun = world.now - timedelta(hours=3)
    scenes.device(world.everything, begun, visit_id, 1)
    scenes.device(world.everything, begun + timedelta(minutes=2), visit_id, 2)
    scenes.pressure(world.everything, begun + timedelta(minutes=40), visit_id, 186, 112)
    return visit_id


def _sheet(world: World) -> str:
    """What stands in the address of a sheet somebody took home."""
    visit_id = world.thing("visit")
    return sheets.token(visits.prepare_sheet(by=world.everything, at=world.now, visit_id=visit_id))


def _ended(world: World) -> Any:
    """A visit that ended without a dose and has its note saved."""
    visit_id = _visit(world, scenes.checking_in, "7")
    visits.withhold(by=world.everything, at=world.now, visit_id=visit_id, why="has eaten")
    visits.save_note(by=world.everything, at=world.now, visit_id=visit_id, words={}, base=None)
    return visit_id


def _note_version(world: World) -> Any:
    return VisitNote.objects.get(visit=world.thing("ended_visit")).pk


def _running(world: World) -> Any:
    """An infusion that was started three hours ago."""
    visit_id = _visit(world, scenes.ordered, "4", product=Product.KETAMINE_IV)
    scenes.infuse(world.everything, world.now - timedelta(hours=3), visit_id, InfusionStep.STARTED)
    return visit_id


def _in_mouth(world: World) -> Any:
    """A lozenge, given two hours ago without an order, and out of the mouth ten minutes later."""
    visit_id = _visit(world, scenes.ordered, "6", product=Product.KETAMINE_IV)
    begun, out = world.now - timedelta(hours=2), world.now - timedelta(minutes=110)
    given = visits.DirectGiven("sublingual", Decimal(100), units=2, mg_per_unit=Decimal(50), lot="Z1")
    who: dict[str, Any] = {"by": world.everything, "visit_id": visit_id}
    visits.give_direct(**who, at=begun, number=1, measured_at=begun, given=given)
    visits.end_direct(**who, at=out, measured_at=out, outcome="swallowed")
    return visit_id


def _shift(world: World) -> Any:
    begins = world.now + timedelta(days=30)
    return RotaShift.objects.create(
        clinic=world.clinic,
        person_id=world.everything.user_id,
        duty="observer",
        starts_at=begins,
        ends_at=begins + timedelta(hours=8),
    ).id


def _appointment(world: World) -> Any:
    return Appointment.objects.create(
        clinic=world.clinic,
        course_id=world.thing("visit_course"),
        kind="preparation",
        starts_at=world.now,
        minutes=50,
        therapist_id=world.everything.user_id,
    ).id


def _earlier_treatment(world: World) -> Any:
    tried = treatments.Tried(kind="drug", treatment="Sertraline", basis="Letter")
    course = world.thing("visit_course")
    return treatments.record_treatment(by=world.everything, at=world.now, course_id=course, tried=tried)


def _closure(world: World) -> Any:
    day = world.now.date() + timedelta(days=30)
    return Closure.objects.create(clinic=world.clinic, starts_on=day, ends_on=day, why="painters").id


def _trial(world: World) -> Any:
    return people.record_trial(
        by=world.everything, at=world.now, patient_id=world.thing("patient"), trial=patients.failed_trial()
    )


def _weight(world: World) -> Any:
    return people.record_weight(
        by=world.everything,
        at=world.now,
        patient_id=world.thing("patient"),
        weight_kg=Decimal("71.5"),
        measured_at=world.now,
    )


def _answers(world: World) -> Any:
    return measures.record_answers(
        by=world.everything,
        at=world.now,
        patient_id=world.thing("patient"),
        answers={item.id: 1 for item in instrument("phq-9").items},
        taken_at=world.now,
        mode="device",
    )


def _risk(world: World) -> Any:
    return safety.record_risk(
        by=world.everything,
        at=world.now,
        patient_id=world.thing("patient"),
        level="low",
        basis="No ideation today",
        assessed_at=world.now,
    )


def _scale_score(world: World) -> Any:
    return measures.record_scale_score(
        by=world.everything,
        at=world.now,
        patient_id=world.thing("patient"),
        scale="pcl-5",
        total=Decimal(41),
        scored_at=world.now,
        scored_by="The patient, on paper",
    )


def _safety_plan(world: World) -> Any:
    said = dict.fromkeys(
        ("warning_signs", "own_means", "company", "helpers", "professionals", "surroundings"),
        "Written together",
    )
    plan = safety.PlanEntry(
        **said,
        likelihood=8,
        barriers="None named",
        kept_where="On the telephone",
        review_on=world.now.date() + timedelta(days=30),
        written_at=world.now,
    )
    return safety.write_safety_plan(
        by=world.everything, at=world.now, patient_id=world.thing("patient"), plan=plan
    )


def _event(world: World) -> Any:
    nausea = safety.AdverseEventEntry(
        term="Nausea", onset_at=world.now - timedelta(hours=1), severity="mild", outcome="resolving"
    )
    return safety.record_adverse_event(
        by=world.everything, at=world.now, patient_id=world.thing("patient"), event=nausea
    )


def _task(world: World) -> Any:
    return safety.open_task(
        by=world.everything,
        at=world.now,
        patient_id=world.thing("patient"),
        kind=TaskKind.FOLLOW_UP_CALL,
        origin=f"test {world.clinic.id}",
        owner_role=Role.NURSE,
        opens_at=world.now - timedelta(hours=1),
        due_at=world.now + timedelta(hours=1),
    )


def _letter(world: World) -> Any:
    return reports.prepare_letter(
        by=world.everything, at=world.now, course_id=world.thing("visit_course"), entered=Entered()
    )


def _book_version(world: World) -> Any:
    number = rulebook.keep_current(by=world.everything, at=world.now)
    return BookVersion.objects.get(clinic=world.clinic, number=number).id


def _referral(world: World) -> Any:
    said = Incoming(
        referrer_name="Dr Ada Quill",
        referred_on=world.now.date() - timedelta(days=2),
        given_name="Imke",
        family_name=PATIENT_NAME,
        birth_date=date(1980, 5, 1),
        reason="Depression",
        urgency="soon",
        suicidal_thoughts="no",
    )
    return referrals.enter_referral(by=world.everything, at=world.now, incoming=said).id


def _referral_token(world: World) -> str:
    new = referral_links.NewLink(referrer_name="Dr Ada Quill", days=14, uses=50)
    return referral_links.make_link(by=world.everything, at=timezone.now(), new=new)


def _joined(world: World) -> Any:
    return joining.join(
        by=world.everything,
        at=world.now,
        retired_id=_patient(world),
        surviving_id=world.thing("joined_patient"),
        why="Identity card",
        reauth=patients.proof(world.everything, world.now),
    )


def _monitor(world: World) -> Any:
    return visits.keep_monitor(by=world.everything, at=world.now, name=f"{world.clinic.name} 1")


def _monitor_key(world: World) -> Any:
    proof = Reauthenticated(world.everything.user_id, "passkey", world.now)
    monitor = world.thing("monitor")
    visits.issue_key(by=world.everything, at=world.now, monitor_id=monitor, reauth=proof)
    return MonitorKey.objects.get(monitor=monitor).id


def _waiting_reading(world: World) -> Any:
    """What a monitor sent that nobody has put anywhere."""
    key = MonitorKey.objects.get(id=world.thing("monitor_key"))
    now = world.now
    reading = wire.Reading(now, {"spo2": 97})
    message = wire.Message("json", str(key.id), now, "", (reading,), {}, wire.sha256({}))
    who = Credential(key.monitor_id, key.id, world.clinic.id, world.everything.user_id)
    visits.receive(credential=who, at=now, message=message)
    return MonitorReading.objects.get(monitor=key.monitor_id).id


def _phone_link(world: World) -> str:
    visit_id = _visit(world, scenes.checking_in, "5")
    return visits.give_phone_link(by=world.everything, at=timezone.now(), visit_id=visit_id)


def _medicine_order(world: World) -> Any:
    """A verbal order of the watched visit, which waits to be given and to be signed for."""
    prescriber = factories.staff(Role.PRESCRIBER, clinic=world.clinic)
    return visits.take_verbal_order(
        by=world.everything,
        at=world.now,
        visit_id=world.thing("visit"),
        dosed=visits.Dosed(medicine="examplin", dose=Decimal(4), unit="mg", route="oral"),
        why="retches",
        prescriber_id=prescriber.user.pk,
        read_back=True,
        heard_at=world.now,
    )


def _paper_order(world: World) -> Any:
    visits.enter_paper_order(
        by=world.everything,
        at=world.now,
        visit_id=world.thing("visit"),
        dose=visits.PaperDose(Decimal(56), devices=2),
        given="on paper",
        prescriber_id=world.everything.user_id,
        ordered_at=world.now - timedelta(hours=3),
        who=visits.Who(world.everything.user_id),
        idempotency_key=uuid4(),
    )
    return PaperOrder.objects.get(visit=world.thing("visit")).id


def _handover(world: World) -> Any:
    colleague = factories.staff(Role.NURSE, clinic=world.clinic).user
    here = {visit_id for visit_id, _ in visit_queries.room(world.everything, world.now).patients}
    return visits.hand_over(
        by=world.everything, at=world.now, to_id=colleague.id, note="", concerns=dict.fromkeys(here, "")
    )


THINGS: dict[str, Callable[[World], Any]] = {
    "wall_screen": _wall_screen,
    "phone_link": _phone_link,
    "referral": _referral,
    "referral_token": _referral_token,
    "referral_link": lambda world: (
        world.thing("referral_token")
        and ReferralLink.objects.filter(clinic=world.clinic).latest("created_at").id
    ),
    "sent_referral": lambda world: signing.dumps(["ABCD-2345", ""], salt="euthymia.courses.referral-sent"),
    "joined_patient": _patient,
    "joined": _joined,
    "rule": lambda world: "CI-1",
    "book_version": _book_version,
    "link": _link,
    "document": lambda world: "us-esketamine-trd",
    "factor": _factor,
    "person": lambda world: factories.staff(Role.NURSE, clinic=world.clinic).user.id,
    "patient": _patient,
    "restricted_patient": lambda world: _patient(world, restricted=True),
    "emergency": _emergency,
    "trial": _trial,
    "weight": _weight,
    "answers": _answers,
    "risk": _risk,
    "event": _event,
    "safety_plan": _safety_plan,
    "scale_score": _scale_score,
    "task": _task,
    "course_patient": lambda world: Patient.objects.get(courses=world.thing("visit_course")).id,
    "course_event": lambda world: "record_death",
    "intake_step": lambda _: "body",
    "consent": lambda world: ConsentRecord.objects.get(course=world.thing("visit_course")).id,
    "letter": _letter,
    "day": lambda world: world.now.date().isoformat(),
    "visit_course": _course,
    "shift": _shift,
    "closure": _closure,
    "monitor": _monitor,
    "monitor_key": _monitor_key,
    "waiting_reading": _waiting_reading,
    "appointment": _appointment,
    "earlier_treatment": _earlier_treatment,
    "chair": lambda world: scenes.chair(world.everything, f"{world.clinic.name} 9").pk,
    "booked_visit": lambda world: _visit(world, scenes.booked, "2"),
    "visit": _watched,
    "sheet": _sheet,
    "ended_visit": _ended,
    "note_version": _note_version,
    "infusion_visit": lambda world: _visit(world, scenes.ordered, "3", product=Product.KETAMINE_IV),
    "infusion_step": lambda world: "started",
    "open_route": lambda world: "intramuscular",
    "mouth_visit": _in_mouth,
    "mouth_dose": lambda world: DirectDose.objects.get(visit=world.thing("mouth_visit"), step="given").id,
    "mouth_end": lambda world: DirectDose.objects.get(visit=world.thing("mouth_visit"), step="ended").id,
    "running_visit": _running,
    "infusion_event": lambda world: InfusionEvent.objects.get(visit=world.thing("running_visit")).id,
    "due_key": lambda world: "last+20",
    "drug_line": lambda world: visits.move_drug(
        by=world.everything,
        at=world.now,
        visit_id=world.thing("visit"),
        kind=Movement.DRAWN,
        amount=Decimal(2),
        measured_at=world.now,
        lot="L1",
    ),
    "handover": lambda world: world.thing("visit") and _handover(world),
    "movable": lambda world: "readings",
    "paper_order": _paper_order,
    "device": lambda world: (
        DeviceAdministration.objects.filter(visit=world.thing("visit")).latest("number").id
    ),
    "observation": lambda world: (
        Observation.objects.filter(visit=world.thing("visit")).latest("measured_at").id
    ),
    "alarm": lambda world: Alarm.objects.filter(visit=world.thing("visit")).latest("fingerprint").id,
    "medicine_order": _medicine_order,
    "deviation": lambda world: Deviation.objects.get(visit=world.thing("visit")).id,
}
