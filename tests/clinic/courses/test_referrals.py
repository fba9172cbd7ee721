"""Referrals from their arrival to the course: what is kept, who is told, and what a referrer's page gives away."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from tests.clinic import factories, patients

from euthymia.clinic.access.permissions import Role
from euthymia.clinic.access.viewer import Denied, NotFound, Viewer
from euthymia.clinic.audit.facts import Refused
from euthymia.clinic.audit.models import AuditEntry
from euthymia.clinic.courses import queries as courses
from euthymia.clinic.courses.actions import referral_links as links
from euthymia.clinic.courses.actions import referrals as actions
from euthymia.clinic.courses.incoming import Incoming, Unmapped
from euthymia.clinic.courses.models import Indication, Referral, ReferralLink
from euthymia.clinic.courses.queries import referrals as queries
from euthymia.clinic.people import queries as people
from euthymia.clinic.people.models import Patient
from euthymia.clinic.safety import queries as safety
from euthymia.clinic.safety.models import Task
from euthymia.protocol import Product

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def incoming(**changed: Any) -> Incoming:
    """What a referrer said of somebody nobody here knows."""
    said: dict[str, Any] = {
        "referrer_name": "Dr Ada Quill",
        "organisation": "Oak Practice",
        "referrer_phone": "+1 555 0177",
        "referred_on": date(2026, 1, 5),
        "given_name": "Mia",
        "family_name": "Łoś",
        "birth_date": date(1980, 5, 31),
        "sex": "female",
        "phone": "+1 555 010 0123",
        "reason": "Two drugs did not help.",
        "diagnosis": "Recurrent depression",
        "diagnosis_code": "F33.2",
        "urgency": "soon",
        "suicidal_thoughts": "no",
        "medicines": "sertraline 100 mg",
        "past_antidepressants": "venlafaxine 225 mg for 10 weeks",
    }
    return Incoming(**(said | changed))


def posted(given: Incoming | None = None, **changed: Any) -> dict[str, Any]:
    """The same as a browser posts it."""
    row = (given or incoming()).row()
    fields = {name: value for name, value in row.items() if name not in ("unmapped", "referred_on")}
    return fields | {"birth_date": "1980-05-31", "idempotency_key": str(uuid4())} | changed


def acceptance(**changed: Any) -> actions.Acceptance:
    said = {"product": Product.ESKETAMINE_NASAL, "indication": Indication.TRD, "medical_record_number": "N-1"}
    return actions.Acceptance(**(said | changed))


@pytest.fixture
def nurse(viewer_of) -> Viewer:
    return viewer_of(Role.NURSE)


def enter(by: Viewer, **changed: Any) -> actions.Taken:
    return actions.enter_referral(by=by, at=NOW, incoming=incoming(**changed), idempotency_key=uuid4())


# --- accepting and declining -----------------------------------------------------------------------------
def test_accepting_registers_the_patient_and_opens_the_course_without_retyping(nurse):
    taken = enter(nurse)
    course_id = actions.accept_referral(by=nurse, at=NOW, referral_id=taken.id, acceptance=acceptance())
    course = courses.course(nurse, course_id)
    patient = Patient.objects.get(pk=course.patient_id)
    assert (patient.given_name, patient.family_name, patient.birth_date) == ("Mia", "Łoś", date(1980, 5, 31))
    assert (patient.medical_record_number, patient.phone, patient.sex) == ("N-1", "+1 555 010 0123", "female")
    assert course.referred_by == "Dr Ada Quill, Oak Practice"
    assert (
        course.referral_reason == "Two drugs did not help.\nDiagnosis as given: Recurrent depression (F33.2)"
    )
    assert course.referred_on == date(2026, 1, 5)
    found = queries.referral(nurse, taken.id)
    assert (found.status, found.patient_id, found.course_id) == ("accepted", patient.id, course_id)
    assert AuditEntry.objects.filter(verb="courses.accept_referral", patient_id=patient.id).exists()


def test_accepting_twice_opens_one_course_and_a_second_opinion_is_refused(nurse):
    taken = enter(nurse)
    first = actions.accept_referral(by=nurse, at=NOW, referral_id=taken.id, acceptance=acceptance())
    assert actions.accept_referral(by=nurse, at=NOW, referral_id=taken.id, acceptance=acceptance()) == first
    other = patients.patient(nurse)
    with pytest.raises(Refused, match="for another patient"):
        actions.accept_referral(
            by=nurse, at=NOW, referral_id=taken.id, acceptance=acceptance(patient_id=other)
        )
    with pytest.raises(Refused, match="a moment ago"):
        actions.decline_referral(by=nurse, at=NOW, referral_id=taken.id, reason="No room")


def test_a_referral_of_somebody_whose_course_goes_on_joins_it(nurse):
    course_id = patients.referred(nurse, NOW)
    patient_id = courses.course(nurse, course_id).patient_id
    taken = enter(nurse)
    joined = actions.accept_referral(
        by=nurse, at=NOW, referral_id=taken.id, acceptance=acceptance(patient_id=patient_id)
    )
    assert joined == course_id
    assert queries.referral(nurse, taken.id).status == "merged"
    assert [each.id for each in queries.referrals_of(nurse, patient_id)] == [taken.id]


def test_declining_needs_a_reason_and_keeps_it(nurse):
    taken = enter(nurse)
    with pytest.raises(Refused, match="Say why"):
        actions.decline_referral(by=nurse, at=NOW, referral_id=taken.id, reason=" ")
    actions.decline_referral(by=nurse, at=NOW, referral_id=taken.id, reason="Bipolar disorder")
    assert queries.referral(nurse, taken.id).decline_reason == "Bipolar disorder"
    with pytest.raises(Refused, match="a moment ago"):
        actions.accept_referral(by=nurse, at=NOW, referral_id=taken.id, acceptance=acceptance())


def test_a_taken_record_number_leaves_nothing_behind(nurse):
    patients.patient(nurse, medical_record_number="N-1")
    taken = enter(nurse)
    with pytest.raises(Refused, match="record number"):
        actions.accept_referral(by=nurse, at=NOW, referral_id=taken.id, acceptance=acceptance())
    assert queries.referral(nurse, taken.id).is_new


def test_another_clinics_referral_is_not_found_and_a_therapist_accepts_none(nurse, viewer_of):
    taken = enter(nurse)
    stranger = viewer_of(Role.NURSE, clinic=factories.clinic("Elsewhere"))
    for ask in (
        lambda: queries.referral(stranger, taken.id),
        lambda: actions.accept_referral(by=stranger, at=NOW, referral_id=taken.id, acceptance=acceptance()),
        lambda: actions.decline_referral(by=stranger, at=NOW, referral_id=taken.id, reason="x"),
    ):
        with pytest.raises(NotFound):
            ask()
    with pytest.raises(Denied):
        actions.accept_referral(
            by=viewer_of(Role.THERAPIST), at=NOW, referral_id=taken.id, acceptance=acceptance()
        )


def test_a_referral_that_became_a_restricted_patients_closes_with_the_chart(nurse):
    taken = enter(nurse)
    course_id = actions.accept_referral(by=nurse, at=NOW, referral_id=taken.id, acceptance=acceptance())
    Patient.objects.filter(courses=course_id).update(restricted=True)
    with pytest.raises(NotFound):
        queries.referral(nurse, taken.id)
    assert queries.inbox(nurse, "all").referrals == ()


# --- suicidal thoughts -----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("changed", "raised"),
    [
        ({"suicidal_thoughts": "yes"}, True),
        ({"suicidal_thoughts": "not said", "reason": "Suicidal since Monday"}, True),
        ({"suicidal_thoughts": "not said", "diagnosis_code": "R45.851"}, True),
        ({"suicidal_thoughts": "not said", "unmapped": (Unmapped("a", "Suicide attempt in May"),)}, True),
        ({"suicidal_thoughts": "not said"}, False),
        ({"suicidal_thoughts": "no", "reason": "No suicidal thoughts"}, False),
    ],
)
def test_suicidal_thoughts_raise_a_task_at_once(changed, raised, nurse, viewer_of):
    taken = enter(nurse, **changed)
    prescriber = viewer_of(Role.PRESCRIBER)
    waiting = safety.queue(prescriber, NOW, mine=True).open
    assert [task.patient_name for task in waiting] == ([f"Referral {taken.reference}"] if raised else [])
    assert all("Łoś" not in f"{task.patient_name}{task.note}" for task in waiting)
    assert queries.referral(nurse, taken.id).alarms == (raised or "suicidal" in changed.get("reason", ""))


def test_the_task_escalates_and_goes_to_the_chart_when_accepted(nurse, viewer_of):
    taken = enter(nurse, suicidal_thoughts="yes")
    director = viewer_of(Role.MEDICAL_DIRECTOR)
    assert safety.queue(director, NOW, mine=True).open == ()
    assert len(safety.queue(director, NOW + timedelta(hours=2), mine=True).open) == 1
    course_id = actions.accept_referral(by=nurse, at=NOW, referral_id=taken.id, acceptance=acceptance())
    patient_id = courses.course(nurse, course_id).patient_id
    assert [task.kind.value for task in safety.tasks_of(nurse, patient_id, NOW)] == ["referred-risk"]


def test_declining_leaves_the_task_open(nurse):
    taken = enter(nurse, suicidal_thoughts="yes")
    actions.decline_referral(by=nurse, at=NOW, referral_id=taken.id, reason="Too far away")
    assert Task.objects.get(kind="referred-risk").closed_at is None


def test_those_who_name_suicidal_thoughts_stand_first_in_the_inbox(nurse):
    order = [
        enter(nurse, urgency="routine").id,
        enter(nurse, urgency="urgent").id,
        enter(nurse, urgency="routine", suicidal_thoughts="yes").id,
    ]
    assert [each.id for each in queries.inbox(nurse).referrals] == [order[2], order[1], order[0]]


# --- imports ---------------------------------------------------------------------------------------------
def test_importing_again_makes_no_second_referral(nurse):
    two = [incoming(), incoming(given_name="Other")]
    first = actions.import_referrals(by=nurse, at=NOW, incoming=two, source="csv")
    again = actions.import_referrals(
        by=nurse, at=NOW, incoming=[*two, incoming(given_name="Third")], source="csv"
    )
    assert [each.new for each in first] == [True, True]
    assert [each.new for each in again] == [False, False, True]
    assert [each.id for each in again[:2]] == [each.id for each in first]
    assert Referral.objects.count() == 3


def test_nobody_elses_write_waits_for_a_whole_file(nurse):
    """From the first audit entry to the end of the transaction every other one waits: a reading at the chair too."""
    with CaptureQueriesContext(connection) as asked:
        actions.import_referrals(
            by=nurse, at=NOW, incoming=[incoming(given_name=str(n)) for n in range(3)], source="csv"
        )
    inserted = [query["sql"].split('"')[1] for query in asked if query["sql"].startswith("INSERT")]
    assert inserted == ["courses_referral"] * 3 + ["audit_auditentry"] * 3


def test_nothing_of_a_csv_file_is_imported_before_it_was_confirmed(client_of):
    from tests.clinic.courses.test_referral_csv import GOOD, written

    client = client_of(Role.NURSE)
    data = written(GOOD)
    looked = client.post(reverse("courses:import_csv"), {"file": _file("r.csv", data)})
    assert looked.status_code == 200
    assert Referral.objects.count() == 0
    content = looked.context["content"].replace("\n", "\r\n").replace("\r\r", "\r")
    taken = client.post(reverse("courses:import_csv"), {"content": content, "take": "on"})
    assert (taken.status_code, Referral.objects.count()) == (303, 1)
    again = client.post(reverse("courses:import_csv"), {"file": _file("r.csv", data)})
    assert again.context["new"] == 0
    assert client.post(reverse("courses:import_csv"), {"content": content, "take": "on"}).status_code == 303
    assert Referral.objects.count() == 1


def test_a_csv_file_with_one_wrong_line_imports_nothing(client_of):
    from tests.clinic.courses.test_referral_csv import GOOD, written

    data = written(GOOD, GOOD | {"birth_date": "1980-02-30"})
    client = client_of(Role.NURSE)
    for sent in ({"file": _file("r.csv", data)}, {"content": data.decode(), "take": "on"}):
        answer = client.post(reverse("courses:import_csv"), sent)
        assert answer.status_code == 422
        assert "Line 4:" in answer.content.decode()
    assert Referral.objects.count() == 0


def test_a_fhir_bundle_is_shown_with_what_has_no_place_and_imported_once(client_of):
    from tests.clinic.fhir.test_bundles import bundle

    client = client_of(Role.NURSE)
    address = reverse("fhir:import_referral")
    looked = client.post(address, {"file": _file("b.json", json.dumps(bundle()).encode())})
    assert "Bring your list of medicines" in looked.content.decode()
    assert Referral.objects.count() == 0
    sent = {"content": looked.context["content"], "take": "on"}
    assert client.post(address, sent).status_code == 303
    assert "imported before" in client.post(address, sent).content.decode()
    referral = Referral.objects.get()
    assert referral.source == "fhir"
    assert {"path": "Bundle.entry[1].resource.maritalStatus.text", "value": "married"} in referral.unmapped
    page = client.get(reverse("courses:referral", args=[referral.id])).content.decode()
    assert "Bring your list of medicines" in page


def test_what_a_request_says_when_it_comes_again_is_shown_and_not_swallowed(client_of):
    """The same number is one referral; that the patient meanwhile spoke of suicide must not go by unseen."""
    from tests.clinic.fhir.test_bundles import bundle

    client, address = client_of(Role.NURSE), reverse("fhir:import_referral")
    tree = bundle()
    request = next(
        each["resource"] for each in tree["entry"] if each["resource"]["resourceType"] == "ServiceRequest"
    )
    request["identifier"] = [{"system": "urn:hospital", "value": "7"}]
    sent = {"content": json.dumps(tree), "take": "on"}
    assert client.post(address, sent).status_code == 303
    assert "says something else" not in client.post(address, sent).content.decode()
    request["note"] = [{"text": "Since yesterday suicidal"}]
    again = client.post(address, {"content": json.dumps(tree), "take": "on"}).content.decode()
    assert "imported before" in again
    assert "It says something else now" in again
    assert "Since yesterday suicidal" in again
    assert Referral.objects.count() == 1


def _file(name: str, data: bytes) -> Any:
    from django.core.files.uploadedfile import SimpleUploadedFile

    return SimpleUploadedFile(name, data)


# --- the page of a referrer ------------------------------------------------------------------------------
@pytest.fixture
def token(nurse) -> str:
    cache.clear()
    return links.make_link(by=nurse, at=NOW, new=links.NewLink(referrer_name="Dr Ada Quill", days=14, uses=2))


def test_the_database_cannot_be_read_for_a_token(token):
    assert len(token) >= 43  # 256 bits
    kept = ReferralLink.objects.get()
    assert token not in json.dumps({f.name: str(getattr(kept, f.name)) for f in kept._meta.fields})


def test_a_referrer_sends_by_the_page_and_sees_a_number_and_nothing_else(token, nurse):
    client = Client()
    address = reverse("courses:referrers_page", args=[token])
    page = client.get(address)
    assert page.status_code == 200
    assert "988" in page.content.decode()  # the clinic is in the United States
    answer = client.post(address, posted(suicidal_thoughts="yes"), follow=True)
    shown = answer.content.decode()
    referral = Referral.objects.get()
    assert answer.status_code == 200
    assert referral.reference in shown
    assert "Łoś" not in shown
    assert "Mia" not in client.get(address).content.decode()
    assert (referral.source, referral.received_by, referral.link.uses_made) == ("link", None, 1)
    assert Task.objects.filter(kind="referred-risk", patient=None).count() == 1
    assert AuditEntry.objects.filter(verb="courses.receive_referral", actor_id=None).count() == 1


def test_the_page_opens_nothing_else(token):
    client = Client()
    client.get(reverse("courses:referrers_page", args=[token]))
    client.post(reverse("courses:referrers_page", args=[token]), posted())
    for name in ("courses:inbox", "people:directory", "safety:tasks", "courses:referral_links"):
        assert client.get(reverse(name))["Location"].startswith(reverse("account_login"))
    assert "sessionid" not in client.cookies
    assert "session" not in client.cookies


def test_the_same_form_sent_again_is_one_referral_also_after_the_last_use(nurse):
    cache.clear()
    token = links.make_link(by=nurse, at=NOW, new=links.NewLink(referrer_name="Q", days=1, uses=1))
    client, sent = Client(), posted()
    address = reverse("courses:referrers_page", args=[token])
    first, again = client.post(address, sent), client.post(address, sent)
    assert (first.status_code, again.status_code) == (303, 303)
    assert Referral.objects.count() == 1
    assert ReferralLink.objects.get().uses_made == 1
    another = client.post(address, posted())
    assert another.status_code == 409
    assert Referral.objects.count() == 1


def test_wrong_and_dead_links_answer_alike_and_lose_nothing_typed(nurse, token):
    ended = links.make_link(by=nurse, at=NOW, new=links.NewLink(referrer_name="Q", days=14, uses=1))
    links.end_link(by=nurse, at=NOW, link_id=ReferralLink.objects.latest("created_at").id)
    old = links.make_link(
        by=nurse, at=NOW - timedelta(days=30), new=links.NewLink(referrer_name="Q", days=14, uses=1)
    )
    used = links.make_link(by=nurse, at=NOW, new=links.NewLink(referrer_name="Q", days=14, uses=1))
    links.send_by_link(token=used, at=NOW, incoming=incoming(), idempotency_key=uuid4())
    dead = [ended, old, used, "A" * 43, token[:-1] + ("A" if token[-1] != "A" else "B"), "x"]
    client, sent = Client(), posted(reason="Typed for an hour")
    looks, sends = [], []
    for each in dead:
        address = reverse("courses:referrers_page", args=[each])
        looks.append(client.get(address))
        sends.append(client.post(address, sent))
    assert {answer.status_code for answer in looks} == {404}
    assert {answer.status_code for answer in sends} == {409}
    assert len({_without_marks(answer) for answer in looks}) == 1
    assert len({_without_marks(answer) for answer in sends}) == 1
    assert "Typed for an hour" in sends[0].content.decode()
    assert Referral.objects.count() == 1


def test_a_token_of_another_kind_opens_no_page(nurse):
    from euthymia.clinic.access import actions as access

    cache.clear()
    administrator = factories.viewer(Role.ADMINISTRATOR)
    _, invitation = access.add_staff(
        by=administrator, name="N", email="n@example.org", roles=[Role.NURSE], at=NOW
    )
    referrers = links.make_link(by=nurse, at=NOW, new=links.NewLink(referrer_name="Q", days=1, uses=1))
    assert Client().get(reverse("courses:referrers_page", args=[invitation])).status_code == 404
    assert Client().get(reverse("access:one_time_link", args=[referrers])).status_code == 404


def test_guessing_is_slowed_down_for_the_place_it_comes_from(token):
    guesser, other = Client(REMOTE_ADDR="192.0.2.1"), Client(REMOTE_ADDR="192.0.2.2")
    wrong = [guesser.get(reverse("courses:referrers_page", args=["B" * 43])).status_code for _ in range(61)]
    assert wrong == [404] * 60 + [429]
    right = reverse("courses:referrers_page", args=[token])
    assert (guesser.get(right).status_code, other.get(right).status_code) == (429, 200)


def test_an_error_keeps_everything_that_was_typed(token):
    answer = Client().post(
        reverse("courses:referrers_page", args=[token]),
        posted(birth_date="1980-02-30", reason="Typed for an hour"),
    )
    shown = answer.content.decode()
    assert answer.status_code == 422
    assert "Typed for an hour" in shown
    assert "Enter a date of birth that exists" in shown


def test_the_page_carries_the_policy_of_every_other(token):
    answer = Client().get(reverse("courses:referrers_page", args=[token]))
    assert "script-src 'self'" in answer["Content-Security-Policy"]
    assert answer["Referrer-Policy"] == "same-origin"
    assert "no-store" in answer["Cache-Control"]
    assert answer["X-Frame-Options"] == "DENY"


def test_a_made_up_number_is_not_shown(token):
    assert Client().get(reverse("courses:referral_sent", args=["REF:1:forged"])).status_code == 404


def test_a_link_is_limited_and_shown_once(nurse):
    for new in (
        links.NewLink(referrer_name="Q", days=91, uses=1),
        links.NewLink(referrer_name="Q", days=0, uses=1),
        links.NewLink(referrer_name="Q", days=1, uses=51),
    ):
        with pytest.raises(Refused):
            links.make_link(by=nurse, at=NOW, new=new)
    key = uuid4()
    new = links.NewLink(referrer_name="Q", days=1, uses=1)
    links.make_link(by=nurse, at=NOW, new=new, idempotency_key=key)
    with pytest.raises(Refused, match="shown once"):
        links.make_link(by=nurse, at=NOW, new=new, idempotency_key=key)


def _without_marks(answer: Any) -> bytes:
    import re

    page = answer.content.replace(answer["X-Request-ID"].encode(), b"")
    return re.sub(rb'csrfmiddlewaretoken" value="[^"]*"|data-server-time="[^"]*"', b"", page)


# --- looking alike ---------------------------------------------------------------------------------------
def test_a_registered_patient_is_offered_and_must_be_chosen_or_ruled_out(nurse, client_of):
    known = patients.patient(nurse, given_name="LOS", family_name="Mia", birth_date=date(1980, 5, 31))
    patients.patient(nurse, given_name="Zoe", family_name="Quine", birth_date=date(1980, 5, 31), phone="0")
    taken = enter(nurse)
    found = queries.look_alikes(nurse, queries.referral(nurse, taken.id))
    assert [each.id for each in found] == [known]
    client = client_of(Role.NURSE)
    address = reverse("courses:accept_referral", args=[taken.id])
    sent = {"product": "esketamine-nasal", "indication": Indication.TRD, "medical_record_number": "N-9"}
    undecided = client.post(address, sent)
    assert undecided.status_code == 422
    assert "Say whether it is one of these" in undecided.content.decode()
    assert client.post(address, sent | {"who": str(known)}).status_code == 303
    assert queries.referral(nurse, taken.id).patient_id == known


def test_another_clinics_patient_is_never_offered(nurse, viewer_of):
    elsewhere = viewer_of(Role.NURSE, clinic=factories.clinic("Elsewhere"))
    patients.patient(elsewhere, given_name="Mia", family_name="Łoś", birth_date=date(1980, 5, 31))
    restricted = patients.patient(nurse, given_name="Mia", family_name="Łoś", birth_date=date(1980, 5, 31))
    Patient.objects.filter(pk=restricted).update(restricted=True)
    taken = enter(nurse)
    assert queries.look_alikes(nurse, queries.referral(nurse, taken.id)) == ()
    assert people.directory(nurse, "Mia", NOW).rows == ()
