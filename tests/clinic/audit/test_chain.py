"""The audit chain notices what an owner of the database could do to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest
from django.db import connection, transaction
from django.utils import timezone
from tests.clinic import factories

from euthymia.clinic.access.permissions import Role
from euthymia.clinic.audit import actions, chain
from euthymia.clinic.audit.models import AuditEntry

PATIENT = UUID("6f1f3c7e-2f0e-4a3e-9f7c-0f6f2c1d9a10")


@pytest.fixture
def entries(transactional_db: None) -> None:
    """Five committed entries."""
    viewer = factories.viewer(Role.NURSE, name="Ngọc Ánh “Ann”")
    for number in range(5):
        with transaction.atomic():
            actions.record(
                by=viewer,
                verb="test.act",
                at=timezone.now(),
                patient_id=PATIENT,
                subject=f"thing {number}",
                detail={"field": "naïve", "id": uuid4(), "count": number},
            )


@pytest.fixture
def as_owner(databases) -> Callable[[], object]:
    """A connection of the database's owner, with the guarding triggers switched off."""

    @contextmanager
    def connect() -> Iterator[psycopg.Connection]:
        url = databases.owner_url(connection.settings_dict["NAME"])
        with psycopg.connect(url, autocommit=True) as owner:
            owner.execute("ALTER TABLE audit_auditentry DISABLE TRIGGER USER")
            yield owner

    return connect


def test_an_untouched_chain_holds(entries):
    report = chain.verify()
    assert report.holds
    assert report.entries == AuditEntry.objects.count() == 5
    assert "holds" in report.sentence()


def test_an_empty_chain_holds(db):
    assert chain.verify().holds


@pytest.mark.parametrize(
    "change",
    [
        "verb = 'test.forged'",
        "at = at + interval '1 microsecond'",
        "recorded_at = recorded_at + interval '1 second'",
        "actor_id = gen_random_uuid()",
        "actor_name = 'Somebody else'",
        "actor_roles = 'administrator'",
        "patient_id = NULL",
        "subject = 'another thing'",
        "detail = detail || '{\"count\": 99}'",
        "ip = '10.0.0.1'",
        "clinic_id = NULL",
        "transaction = transaction + 1",
        "db_role = 'somebody'",
        "request_id = gen_random_uuid()",
    ],
)
def test_an_edit_is_detected(entries, as_owner, change):
    with as_owner() as owner:
        owner.execute(f"UPDATE audit_auditentry SET {change} WHERE seq = 3")
    assert chain.verify().problems == ("Entry 3 was changed after it was written.",)


def test_an_edit_with_its_hash_made_anew_is_detected(entries, as_owner):
    with as_owner() as owner:
        owner.execute("UPDATE audit_auditentry SET verb = 'test.forged' WHERE seq = 3")
        owner.execute("ALTER TABLE audit_auditentry ENABLE TRIGGER euthymia_seal_audit_entry")
        payload = chain._PAYLOAD.format(row="e")
        owner.execute(
            "UPDATE audit_auditentry e SET hash ="
            f" encode(sha256(convert_to(prev_hash || {payload}, 'UTF8')), 'hex') WHERE seq = 3"
        )
    assert chain.verify().problems == ("Entry 4 does not follow the one before it.",)


def test_a_deletion_is_detected(entries, as_owner):
    with as_owner() as owner:
        owner.execute("DELETE FROM audit_auditentry WHERE seq = 2")
    assert not chain.verify().holds


def test_a_new_order_is_detected(entries, as_owner):
    with as_owner() as owner:
        owner.execute("UPDATE audit_auditentry SET seq = 100 WHERE seq = 2")
        owner.execute("UPDATE audit_auditentry SET seq = 2 WHERE seq = 3")
        owner.execute("UPDATE audit_auditentry SET seq = 3 WHERE seq = 100")
    assert not chain.verify().holds


def test_a_cut_end_is_detected_by_the_anchors(entries, as_owner, tmp_path: Path):
    chain.write_anchor(tmp_path / "anchors", now=timezone.now())
    with as_owner() as owner:
        owner.execute("DELETE FROM audit_auditentry WHERE seq > 3")
    assert chain.verify().holds  # the rest is whole: only something outside the database can know
    report = chain.verify(chain.read_anchors(tmp_path / "anchors"))
    assert len(report.problems) == 1
    assert "Entry 5" in report.problems[0]
    assert "gone" in report.problems[0]


def test_emptying_the_table_is_detected_by_the_anchors(entries, as_owner, tmp_path: Path):
    chain.write_anchor(tmp_path / "anchors", now=timezone.now())
    with as_owner() as owner:
        owner.execute("TRUNCATE audit_auditentry")
    assert not chain.verify(chain.read_anchors(tmp_path / "anchors")).holds


def test_a_chain_written_anew_is_detected_by_the_anchors(entries, as_owner, tmp_path: Path):
    chain.write_anchor(tmp_path / "anchors", now=timezone.now())
    with as_owner() as owner:
        owner.execute("CREATE TEMP TABLE kept AS SELECT * FROM audit_auditentry ORDER BY seq")
        owner.execute("TRUNCATE audit_auditentry")
        owner.execute("ALTER TABLE audit_auditentry ENABLE TRIGGER euthymia_seal_audit_entry")
        owner.execute("UPDATE kept SET verb = 'test.forged' WHERE seq = 2")
        owner.execute("INSERT INTO audit_auditentry SELECT * FROM kept ORDER BY seq")
    assert chain.verify().holds
    assert not chain.verify(chain.read_anchors(tmp_path / "anchors")).holds


def test_a_chain_written_anew_and_anchored_again_is_detected_by_the_older_anchor(
    entries, as_owner, tmp_path: Path
):
    """The worker goes on anchoring, the forged head too: an anchor must not take an earlier one's place."""
    path = tmp_path / "anchors"
    chain.write_anchor(path, now=timezone.now() - timedelta(hours=1))
    with as_owner() as owner:
        owner.execute("CREATE TEMP TABLE kept AS SELECT * FROM audit_auditentry ORDER BY seq")
        owner.execute("TRUNCATE audit_auditentry")
        owner.execute("ALTER TABLE audit_auditentry ENABLE TRIGGER euthymia_seal_audit_entry")
        owner.execute("UPDATE kept SET verb = 'test.forged' WHERE seq = 5")
        owner.execute("INSERT INTO audit_auditentry SELECT * FROM kept ORDER BY seq")
    chain.write_anchor(path, now=timezone.now())
    anchors = chain.read_anchors(path)
    assert [anchor.seq for anchor in anchors] == [5, 5]
    report = chain.verify(anchors)
    assert len(report.problems) == 1
    assert "Entry 5 is not the one that was anchored" in report.problems[0]


def test_the_anchors_are_for_their_owner_alone(entries, tmp_path: Path):
    chain.write_anchor(tmp_path / "anchors", now=timezone.now())
    assert (tmp_path / "anchors").stat().st_mode & 0o777 == 0o600


def test_an_anchor_is_written_once_for_each_head(entries, tmp_path: Path):
    path = tmp_path / "deeper" / "anchors"
    now = timezone.now()
    chain.write_anchor(path, now=now)
    chain.write_anchor(path, now=now + timedelta(days=1))
    with transaction.atomic():
        actions.record(by=None, verb="test.more", at=now)
    chain.write_anchor(path, now=now)
    assert [anchor.seq for anchor in chain.read_anchors(path)] == [5, 6]


def test_what_the_client_sends_for_the_seal_is_ignored(db):
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO audit_auditentry (seq, at, recorded_at, transaction, db_role, actor_name, actor_roles,"
            " verb, subject, detail, prev_hash, hash) VALUES (700, now(), '2001-01-01', 1, 'nobody', 'Forger',"
            " '', 'test.forge', '', '{}', 'aa', 'bb')"
        )
    entry = AuditEntry.objects.get()
    assert entry.seq == 1
    assert entry.db_role == "euthymia_app"
    assert entry.recorded_at.year > 2001
    assert entry.transaction > 1
    assert chain.verify().holds
