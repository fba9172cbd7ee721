"""The prior-authorisation letter: made from the record, its gaps marked, tagged, kept with its hash, and signed."""

from __future__ import annotations

import hashlib
import io
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from importlib.resources import files
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader
from tests.clinic import factories, patients

from euthymia.clinic.access.permissions import Role
from euthymia.clinic.access.viewer import Denied, NotFound, Viewer
from euthymia.clinic.audit.facts import Refused
from euthymia.clinic.audit.models import AuditEntry
from euthymia.clinic.courses.models import Course
from euthymia.clinic.measures import actions as measures
from euthymia.clinic.people import actions as people
from euthymia.clinic.people.models import Patient
from euthymia.clinic.reports import actions, queries
from euthymia.clinic.reports.contents import Entered
from euthymia.clinic.reports.models import Letter, SignedLetter
from euthymia.evidence import instrument

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, 15, tzinfo=UTC)
ENTERED = Entered(
    addressee="Sample Health Plan, Utilisation Review",
    member_number="SHP-00417",
    diagnosis_code="F33.2 (ICD-10-CM)",
    severity="severe without psychosis",
    statement="Two adequate trials failed; the patient cannot work.",
    registration="NPI 0000000000",
)


@pytest.fixture
def prescriber() -> Viewer:
    return factories.viewer(Role.PRESCRIBER, Role.NURSE, name="Dr Ada Lind")


@pytest.fixture
def course(prescriber: Viewer) -> Any:
    """A course with a history of three treatments, one of which lacks its dose, its dates and its outcome."""
    course_id = patients.referred(prescriber, NOW, family_name="Quillfeather", address="4 Elm Street")
    patient = Course.objects.get(pk=course_id).patient_id
    patients.answer_all(prescriber, NOW, course_id)
    for drug, dose in (("Zoloft", 150), ("venlafaxine", 225)):
        trial = patients.failed_trial(
            drug,
            dose_mg=None,
            dose_amount=Decimal(dose),
            dose_unit="mg/d",
            dose_adequate=None,
            started="2025-01",
            stopped="2025-06-03",
            origin_kind="pharmacy",
        )
        people.record_trial(by=prescriber, at=NOW, patient_id=patient, trial=trial)
    vague = patients.failed_trial(
        "Elavil", dose_mg=None, dose_adequate=None, weeks=None, result="", improvement_percent=None
    )
    people.record_trial(by=prescriber, at=NOW, patient_id=patient, trial=vague)
    measures.record_answers(
        by=prescriber,
        at=NOW,
        patient_id=patient,
        answers={item.id: 2 for item in instrument("phq-9").items},
        taken_at=NOW - timedelta(days=1),
        mode="device",
    )
    return course_id


def prepare(by: Viewer, course_id: Any, entered: Entered = ENTERED, at: datetime = NOW) -> Any:
    return actions.prepare_letter(by=by, at=at, course_id=course_id, entered=entered)


def read(by: Viewer, letter_id: Any) -> tuple[PdfReader, str]:
    reader = PdfReader(io.BytesIO(queries.document(by, letter_id)))
    words = " ".join(" ".join(page.extract_text() for page in reader.pages).split())
    return reader, words.replace("- ", "-")


def test_the_pdf_holds_every_value_of_its_content(prescriber: Viewer, course: Any) -> None:
    letter = prepare(prescriber, course)
    content = queries.letter(prescriber, letter, NOW).content
    _, text = read(prescriber, letter)
    squeezed = text.replace(" ", "").replace("-", "")
    values = [
        row["value"] for name in ("patient", "diagnosis", "request", "staging") for row in content[name]
    ]
    values += [cell for trial in content["trials"] for cell in trial]
    values += [cell for score in content["scores"] for cell in score]
    values += [content["addressee"], content["statement"], content["evidence"], content["written_on"]]
    assert len([value for value in values if value]) > 35
    for value in filter(None, values):
        assert value.replace(" ", "").replace("-", "") in squeezed, value


def test_it_names_the_patient_the_trials_and_what_was_entered(prescriber: Viewer, course: Any) -> None:
    _, text = read(prescriber, prepare(prescriber, course))
    for words in (
        "Imke Quillfeather",
        "1 May 1980",
        "sertraline (entered as Zoloft)",
        "150 mg a day",
        "A pharmacy record",
        "SHP-00417",
        "F33.2",
        "2 shown, 2 required by rule IND-US-1",
        "18 of 27",
        "Draft",
    ):
        assert words in text, words


def test_a_gap_is_marked_and_never_filled(prescriber: Viewer, course: Any) -> None:
    letter = prepare(prescriber, course, Entered())
    content = queries.letter(prescriber, letter, NOW).content
    assert {
        "Addressee",
        "Member number",
        "Diagnosis code",
        "Schedule",
        "First dose",
        "Present episode began",
        "Registration number",
        "Why this treatment",
    } <= set(content["gaps"])
    named = " ".join(content["gaps"])
    assert "amitriptyline" in named
    assert "Telephone" not in named
    reader, text = read(prescriber, letter)
    holes = text.count("not on record")
    besides = 1 + len(reader.pages)  # the summary, and the foot of each page
    assert holes == len(content["gaps"]) + besides
    for gap in content["gaps"]:
        assert gap.replace(" ", "") in text.replace(" ", ""), gap


def test_the_pdf_is_tagged_titled_and_in_a_language(prescriber: Viewer, course: Any) -> None:
    reader, _ = read(prescriber, prepare(prescriber, course))
    root: Any = reader.trailer["/Root"]
    assert bool(root["/MarkInfo"]["/Marked"])
    assert root["/Lang"] == "en"
    assert reader.metadata is not None
    assert reader.metadata.title == "Request for prior authorisation"
    kinds = _kinds(root["/StructTreeRoot"])
    assert {"/H1", "/H2", "/Table", "/TH", "/TD", "/TR"} <= kinds
    assert "pdfuaid" in root["/Metadata"].get_data().decode()


def _kinds(node: Any, depth: int = 0) -> set[str]:
    node = node.get_object() if hasattr(node, "get_object") else node
    if isinstance(node, list):
        return set().union(*(_kinds(each, depth) for each in node)) if node else set()
    if not isinstance(node, dict) or depth > 40:
        return set()
    own = {str(node["/S"])} if "/S" in node else set()
    return own | (_kinds(node["/K"], depth + 1) if "/K" in node else set())


def test_a_letter_is_kept_with_its_hashes_and_who_made_it(prescriber: Viewer, course: Any) -> None:
    letter = Letter.objects.get(pk=prepare(prescriber, course))
    assert letter.pdf_sha256 == hashlib.sha256(bytes(letter.pdf)).hexdigest()
    assert (letter.recorded_by_id, letter.recorded_at) == (prescriber.user_id, NOW)
    entry = AuditEntry.objects.get(verb="reports.prepare_letter")
    assert entry.detail == {"pdf_sha256": letter.pdf_sha256}
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE reports_letter SET content = '{}'")


def test_the_same_key_makes_one_letter(prescriber: Viewer, course: Any) -> None:
    key = course
    made = {
        actions.prepare_letter(by=prescriber, at=NOW, course_id=course, entered=ENTERED, idempotency_key=key)
        for _ in range(2)
    }
    assert len(made) == Letter.objects.count() == 1


def test_a_prescriber_signs_and_the_signed_one_is_no_draft(prescriber: Viewer, course: Any) -> None:
    letter = prepare(prescriber, course)
    actions.sign_letter(by=prescriber, at=NOW, letter_id=letter, reauth=patients.proof(prescriber, NOW))
    _, text = read(prescriber, letter)
    assert "Draft" not in text
    assert "Dr Ada Lind" in text
    assert actions.MEANING in text
    shown = queries.letter(prescriber, letter, NOW)
    assert (shown.signer, shown.is_signed) == ("Dr Ada Lind", True)
    with pytest.raises(Refused, match="signed already"):
        actions.sign_letter(by=prescriber, at=NOW, letter_id=letter, reauth=patients.proof(prescriber, NOW))


def test_a_nurse_prepares_but_does_not_sign(course: Any) -> None:
    nurse = factories.viewer(Role.NURSE)
    letter = prepare(nurse, course)
    with pytest.raises(Denied):
        actions.sign_letter(by=nurse, at=NOW, letter_id=letter, reauth=patients.proof(nurse, NOW))
    assert not SignedLetter.objects.exists()


def test_a_draft_the_record_has_left_behind_is_not_signed(prescriber: Viewer, course: Any) -> None:
    letter = prepare(prescriber, course)
    later = NOW + timedelta(days=1)
    assert queries.letter(prescriber, letter, later).is_stale is False
    patient = Course.objects.get(pk=course).patient_id
    people.record_trial(by=prescriber, at=later, patient_id=patient, trial=patients.failed_trial("lithium"))
    assert queries.letter(prescriber, letter, later).is_stale is True
    with pytest.raises(Refused, match="has changed"):
        actions.sign_letter(
            by=prescriber, at=later, letter_id=letter, reauth=patients.proof(prescriber, later)
        )


def test_another_clinic_finds_no_letter(prescriber: Viewer, course: Any) -> None:
    letter = prepare(prescriber, course)
    other = factories.viewer(Role.PRESCRIBER, clinic=factories.clinic("Elsewhere"))
    for ask in (lambda: queries.row(other, letter), lambda: queries.document(other, letter)):
        with pytest.raises(NotFound):
            ask()
    assert queries.letters(other, course) == ()


# --- the pages -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("text", ["王芳", "\U0001f600", "a\x01b"])
def test_what_the_letter_cannot_print_is_said_and_not_left_out(
    prescriber: Viewer, course: Any, text: str
) -> None:
    """A name in another script made an error page, and no letter could be had."""
    Patient.objects.filter(courses=course).update(given_name=text)
    with pytest.raises(Refused, match="cannot print"):
        prepare(prescriber, course)
    assert Letter.objects.count() == 0
    client = factories.signed_in(factories.staff(Role.NURSE))
    page = client.post(reverse("reports:new_letter", args=[course]), {"addressee": "Plan"})
    assert page.status_code == 422
    assert "The letter cannot print" in page.content.decode()


def test_every_sheet_says_that_it_is_not_for_patient_care(prescriber: Viewer, course: Any) -> None:
    reader, text = read(prescriber, prepare(prescriber, course))
    assert text.count("Not for patient care: the clinical rules are not complete.") == len(reader.pages)
    templates = (files("euthymia.clinic.reports") / "letters").iterdir()
    assert all("header: [#notice " in each.read_text("utf-8") for each in templates)


def test_what_is_typed_is_printed_and_never_run(prescriber: Viewer, course: Any) -> None:
    typed = '#read("/etc/hostname") #panic("x") $ x $ *b* @ref <lab> \\ // gone'
    Patient.objects.filter(courses=course).update(given_name=typed[:60])
    letter = Letter.objects.get(pk=prepare(prescriber, course, Entered(statement=typed)))
    words = "".join(page.extract_text() for page in PdfReader(io.BytesIO(bytes(letter.pdf))).pages)
    assert "".join(words.split()).count('#read("/etc/hostname")#panic("x")$x$*b*') == 2


def test_from_the_evidence_to_a_signed_letter_through_the_pages(course: Any) -> None:
    staff = factories.staff(Role.PRESCRIBER)
    browser = factories.signed_in(staff)
    page = browser.get(reverse("reports:evidence", args=[course]), {"severity": "moderate"}).content.decode()
    for words in (
        "Shown by the trials",
        "adequate failures of different drugs",
        "Maudsley staging method",
        "not on record",
        "Prepare the letter",
    ):
        assert words in page, words
    made = browser.post(reverse("reports:new_letter", args=[course]), {"statement": "It is needed."})
    assert made.status_code == 303
    letter = Letter.objects.get()
    assert made["Location"] == reverse("reports:letter", args=[letter.id])
    page = browser.get(made["Location"]).content.decode()
    assert "Member number" in page
    assert letter.content_sha256 in page
    sign = reverse("reports:sign_letter", args=[letter.id])
    assert browser.post(sign, {}).status_code == 422
    assert browser.post(sign, factories.signing(staff)).status_code == 303
    assert SignedLetter.objects.count() == 1
    pdf = browser.get(reverse("reports:letter_pdf", args=[letter.id]))
    assert pdf["Content-Type"] == "application/pdf"
    assert pdf.content.startswith(b"%PDF-")


def test_the_course_leads_to_its_evidence(course: Any) -> None:
    browser = factories.signed_in(factories.staff(Role.NURSE))
    page = browser.get(reverse("courses:course", args=[course])).content.decode()
    assert reverse("reports:evidence", args=[course]) in page


def test_an_empty_record_says_what_is_needed() -> None:
    staff = factories.staff(Role.NURSE)
    course_id = patients.referred(staff.viewer, timezone.now())
    page = factories.signed_in(staff).get(reverse("reports:evidence", args=[course_id])).content.decode()
    assert "No antidepressant trial is recorded" in page
