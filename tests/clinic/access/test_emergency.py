"""Emergency access: a reason, the length of a visit, a review; and who opened a chart."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone
from tests.clinic import factories, patients

from euthymia.clinic.access import actions, queries
from euthymia.clinic.access.models import BreakGlass
from euthymia.clinic.access.permissions import Role
from euthymia.clinic.access.viewer import Denied, NotFound, Viewer
from euthymia.clinic.audit import actions as audit
from euthymia.clinic.audit import queries as audit_queries
from euthymia.clinic.audit.facts import Refused
from euthymia.clinic.audit.models import AuditEntry
from euthymia.clinic.people import queries as people
from euthymia.clinic.people.models import Patient

LONGEST_USUAL_VISIT = timedelta(minutes=240)
WHY = "seizure in the chair, need the history"


@pytest.fixture
def nurse(db):
    return factories.staff(Role.NURSE)


@pytest.fixture
def director(db):
    return factories.staff(Role.MEDICAL_DIRECTOR)


@pytest.fixture
def patient(nurse):
    patient_id = patients.patient(nurse.viewer)
    Patient.objects.update(restricted=True)
    return patient_id


def open_chart(nurse, patient, **changed):
    said = {"by": nurse.viewer, "patient_id": patient, "why": WHY, "at": timezone.now()}
    return actions.break_glass(**(said | changed))


class TestOpening:
    def test_a_restricted_chart_is_not_found_before_and_open_after(self, nurse, patient):
        with pytest.raises(NotFound):
            people.row(nurse.viewer, patient)
        open_chart(nurse, patient)
        assert patient in nurse.viewer.break_glass
        assert people.row(nurse.viewer, patient)

    def test_through_the_page(self, nurse, patient):
        browser, url = factories.signed_in(nurse), reverse("access:break_glass", args=[patient])
        key = browser.get(url).context["form"]["idempotency_key"].value()
        response = browser.post(url, {"why": WHY, "idempotency_key": key})
        assert response.url == reverse("people:chart", args=[patient])
        browser.post(url, {"why": WHY, "idempotency_key": key})
        assert BreakGlass.objects.count() == 1
        assert b"is open until" in browser.get(url).content

    def test_the_page_names_no_patient(self, nurse, patient):
        browser = factories.signed_in(nurse)
        page = browser.get(reverse("access:break_glass", args=[patient])).content.decode()
        row = Patient.objects.get()
        assert row.medical_record_number in page
        assert row.family_name not in page

    def test_it_opens_for_that_person_and_that_patient_alone(self, nurse, patient):
        open_chart(nurse, patient)
        assert patient not in factories.viewer(Role.NURSE).break_glass
        assert uuid4() not in nurse.viewer.break_glass

    def test_it_runs_out_after_an_hour(self, nurse, patient):
        access = open_chart(nurse, patient, at=timezone.now() - timedelta(minutes=359))
        assert access.expires_at - access.recorded_at == timedelta(hours=6) > LONGEST_USUAL_VISIT
        assert patient in nurse.viewer.break_glass
        open_chart(nurse, uuid4(), at=timezone.now() - timedelta(minutes=361))
        assert nurse.viewer.break_glass == {patient}

    @pytest.mark.parametrize("why", ["", "    ", "urgent", " " * 20 + "x"])
    def test_it_needs_a_reason(self, nurse, patient, why):
        with pytest.raises(Refused, match="Say why"):
            open_chart(nurse, patient, why=why)

    @pytest.mark.parametrize("role", [Role.FRONT_DESK, Role.ADMINISTRATOR])
    def test_it_is_not_for_everybody(self, patient, role):
        with pytest.raises(Denied):
            open_chart(factories.staff(role), patient)

    def test_one_form_opens_one_chart(self, nurse, patient):
        key, other = uuid4(), patients.patient(nurse.viewer)
        open_chart(nurse, patient, idempotency_key=key)
        assert open_chart(nurse, patient, idempotency_key=key).patient_id == patient
        with pytest.raises(Refused, match="another chart"):
            open_chart(nurse, other, idempotency_key=key)

    def test_it_is_audited(self, nurse, patient):
        access = open_chart(nurse, patient)
        entry = AuditEntry.objects.get(verb="access.break_glass")
        assert (entry.patient_id, entry.subject) == (patient, f"emergency access {access.id}")
        assert "seizure" not in str(entry.detail)


class TestReview:
    def review(self, director, access, verdict="justified"):
        actions.review_break_glass(
            by=director.viewer, access_id=access.id, verdict=verdict, note="", at=timezone.now()
        )

    def test_what_waits_comes_first(self, nurse, director, patient):
        first, second = open_chart(nurse, patient), open_chart(nurse, patient)
        self.review(director, second)
        listed = queries.emergency_accesses(director.viewer)
        assert [(each.id, each.verdict) for each in listed] == [(first.id, ""), (second.id, "justified")]
        assert listed[1].reviewed_by == director.user.name

    def test_once(self, nurse, director, patient):
        access = open_chart(nurse, patient)
        self.review(director, access)
        with pytest.raises(Refused, match="before"):
            self.review(director, access, "not_justified")

    def test_not_ones_own(self, director, patient):
        access = open_chart(director, patient)
        with pytest.raises(Refused, match="Somebody else"):
            self.review(director, access)

    def test_through_the_page(self, nurse, director, patient):
        access = open_chart(nurse, patient)
        browser = factories.signed_in(director)
        assert WHY in browser.get(reverse("access:emergencies")).content.decode()
        url = reverse("access:review_emergency", args=[access.id])
        assert browser.post(url, {"verdict": "not_justified", "note": "no"}).url == reverse(
            "access:emergencies"
        )
        assert b"Not justified" in browser.get(reverse("access:emergencies")).content


class TestReadings:
    def read(self, viewer: Viewer, patient, at=None, what="chart"):
        audit.record_read(viewer=viewer, patient_id=patient, what=what, at=at or timezone.now())

    def test_a_reading_is_one_line_for_five_minutes(self, nurse, patient):
        now = timezone.now()
        for minutes in (0, 1, 4, 6):
            self.read(nurse.viewer, patient, now + timedelta(minutes=minutes))
        assert AuditEntry.objects.filter(verb="read").count() == 2

    def test_another_part_another_person_another_patient_are_lines_of_their_own(self, nurse, patient):
        self.read(nurse.viewer, patient)
        self.read(nurse.viewer, patient, what="visit 1")
        self.read(factories.viewer(Role.NURSE), patient)
        self.read(nurse.viewer, uuid4())
        assert AuditEntry.objects.filter(verb="read").count() == 4

    def test_the_purpose_is_kept_and_emergency_shows(self, nurse, patient):
        self.read(nurse.viewer, patient)
        open_chart(nurse, patient)
        self.read(nurse.viewer, patient)
        listed = audit_queries.readings(nurse.viewer, patient)
        assert [entry.purpose for entry in listed] == ["break-glass", "treatment"]

    def test_the_page_is_closed_while_the_chart_is(self, nurse, patient):
        browser, url = factories.signed_in(nurse), reverse("access:readings", args=[patient])
        assert browser.get(url).status_code == 404
        open_chart(nurse, patient)
        self.read(nurse.viewer, patient)
        page = browser.get(url).content.decode()
        assert nurse.user.name in page
        assert "break-glass" in page

    def test_another_clinic_sees_none_of_it(self, nurse, patient):
        self.read(nurse.viewer, patient)
        stranger = factories.viewer(*Role, clinic=factories.clinic("Another"))
        assert audit_queries.readings(stranger, patient) == ()
        assert audit_queries.entries_for_patient(stranger, patient) == ()
        assert audit_queries.access_log(stranger) == ()

    def test_the_log_is_for_director_and_administrator(self, nurse):
        for role in (Role.PRESCRIBER, Role.NURSE, Role.THERAPIST, Role.FRONT_DESK):
            with pytest.raises(Denied):
                audit_queries.access_log(factories.viewer(role))

    def test_the_log_goes_back_page_by_page(self, director, monkeypatch):
        monkeypatch.setattr(audit_queries, "PAGE", 3)
        from django.db import transaction

        for number in range(7):
            with transaction.atomic():
                audit.record(by=director.viewer, verb=f"test.{number}", at=timezone.now())
        seen, before = [], None
        while page := audit_queries.access_log(director.viewer, before=before):
            seen += [entry.verb for entry in page]
            before = page[-1].seq
        assert seen == [f"test.{number}" for number in reversed(range(7))]
