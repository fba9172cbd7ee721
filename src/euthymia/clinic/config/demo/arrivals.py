"""Referrals that wait in the demo's inbox: each shows something that arriving referrals may bring."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.utils import timezone

from euthymia.clinic.access.permissions import Role
from euthymia.clinic.config.demo.team import Team
from euthymia.clinic.courses.actions import referral_links, referrals
from euthymia.clinic.courses.incoming import Incoming, Unmapped
from euthymia.clinic.people.models import Patient


def send(here: Team, now: datetime) -> None:
    """Four referrals of the last days: sent by a page, entered by staff, and imported."""
    nurse = here.one(Role.NURSE)
    today = timezone.localtime(now).date()
    sent = now - timedelta(days=2)
    token = referral_links.make_link(
        by=nurse,
        at=sent,
        new=referral_links.NewLink(
            referrer_name="Dr Rosa Synthetic", organisation="Made-up Practice", days=30, uses=5
        ),
    )
    referral_links.send_by_link(
        token=token, at=sent, incoming=_in_danger(today), idempotency_key=here.clinic.id
    )
    referrals.enter_referral(by=nurse, at=now - timedelta(days=1), incoming=_known_already(here, today))
    referrals.import_referrals(
        by=nurse, at=now - timedelta(hours=5), incoming=[_from_hospital(today)], source="fhir"
    )
    declined = referrals.enter_referral(by=nurse, at=now - timedelta(days=9), incoming=_too_far(today))
    referrals.decline_referral(
        by=nurse,
        at=now - timedelta(days=8),
        referral_id=declined.id,
        reason="Lives too far away to be taken home.",
    )


def _in_danger(today: date) -> Incoming:
    return Incoming(
        referrer_name="Dr Rosa Synthetic",
        organisation="Made-up Practice",
        referrer_phone="+1 555 0142",
        referred_on=today - timedelta(days=2),
        given_name="Liv",
        family_name="Newcomer",
        birth_date=date(1991, 2, 14),
        sex="female",
        phone="+1 555 0186",
        reason="Depressed for a year; three drugs did not help. Thoughts of not wanting to live, no plan.",
        diagnosis="Major depressive disorder, recurrent, severe",
        diagnosis_code="F33.2",
        diagnosis_system="ICD-10-CM",
        urgency="urgent",
        suicidal_thoughts="yes",
        medicines="mirtazapine 45 mg at night",
        past_antidepressants="sertraline 200 mg for 10 weeks\nvenlafaxine 225 mg for 12 weeks",
    )


def _known_already(here: Team, today: date) -> Incoming:
    """Somebody who is registered, written as another office would: the names exchanged, another number."""
    known = (
        Patient.objects.filter(clinic=here.clinic, restricted=False).order_by("medical_record_number").first()
    )
    assert known is not None  # the demo has patients before it has referrals
    return Incoming(
        referrer_name="Dr Paul Pretend",
        organisation="Invented Hospital",
        referrer_phone="+1 555 0143",
        referred_on=today - timedelta(days=3),
        given_name=known.family_name.upper(),
        family_name=known.given_name.upper(),
        birth_date=known.birth_date,
        sex=known.sex,
        reason="Asks whether treatment can begin again.",
        diagnosis="Depression",
        urgency="soon",
        suicidal_thoughts="no",
    )


def _from_hospital(today: date) -> Incoming:
    return Incoming(
        referrer_name="Dr Ada Imaginary",
        organisation="Invented Hospital",
        referred_on=today - timedelta(days=1),
        given_name="Jonas",
        family_name="Arriving",
        birth_date=date(1968, 9, 30),
        sex="male",
        phone="+1 555 0187",
        identifier="H-4711",
        reason="Asked for: esketamine treatment",
        diagnosis="Recurrent depressive disorder",
        diagnosis_code="F33.1",
        diagnosis_system="ICD-10",
        urgency="routine",
        suicidal_thoughts="not said",
        unmapped=(
            Unmapped("Bundle.entry[1].resource.maritalStatus.text", "married"),
            Unmapped("Bundle.entry[2].resource.onsetDateTime", "2025-02"),
        ),
        number="urn:invented-hospital|R-17",
    )


def _too_far(today: date) -> Incoming:
    return Incoming(
        referrer_name="Dr Rosa Synthetic",
        organisation="Made-up Practice",
        referred_on=today - timedelta(days=10),
        given_name="Edda",
        family_name="Faraway",
        birth_date=date(1955, 6, 1),
        sex="female",
        reason="Depression; wishes infusions.",
        diagnosis="Depression",
        urgency="routine",
        suicidal_thoughts="no",
    )
