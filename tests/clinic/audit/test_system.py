"""``manage verify_audit``, and the system page."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO

import psycopg
import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.test import override_settings
from django.urls import reverse
from django.utils import timezone
from tests.clinic import factories

from euthymia.clinic.access.permissions import Role
from euthymia.clinic.audit import actions, chain
from euthymia.clinic.audit.chain import Anchor
from euthymia.clinic.audit.models import AuditEntry
from euthymia.clinic.config.models import WorkerHeartbeat
from euthymia.clinic.config.state import append_line


@pytest.fixture
def state(tmp_path):
    with override_settings(STATE_FOLDER=tmp_path, APPLICATION_ROLE="euthymia_app"):
        yield tmp_path


def act() -> None:
    with transaction.atomic():
        actions.record(by=None, verb="test.act", at=timezone.now())


def verify() -> tuple[int, str]:
    out = StringIO()
    try:
        call_command("verify_audit", stdout=out)
    except SystemExit as ending:
        return int(str(ending.code)), out.getvalue()
    return 0, out.getvalue()


class TestCommand:
    def test_a_chain_that_holds(self, transactional_db, state):
        act()
        chain.write_anchor(state / "anchors", now=timezone.now())
        code, said = verify()
        assert code == 0
        assert "1 entries agree with each other and with 1 anchors" in said

    def test_a_chain_that_was_cut(self, transactional_db, state, databases):
        act()
        chain.write_anchor(state / "anchors", now=timezone.now())
        with psycopg.connect(databases.owner_url(connection.settings_dict["NAME"]), autocommit=True) as owner:
            owner.execute("ALTER TABLE audit_auditentry DISABLE TRIGGER USER")
            owner.execute("DELETE FROM audit_auditentry")
        code, said = verify()
        assert code == 1
        assert "is broken" in said

    def test_a_change_made_by_hand(self, transactional_db, state):
        factories.clinic()
        code, said = verify()
        assert code == 2
        assert "access_clinicevent" in said


class TestPage:
    @pytest.fixture
    def browser(self, db, state):
        return factories.signed_in(factories.staff(Role.ADMINISTRATOR))

    def test_nothing_runs(self, browser):
        page = browser.get(reverse("system")).content.decode()
        assert "Not running" in page
        assert "Too old or missing" in page

    def test_all_is_well(self, browser, state):
        now = timezone.now()
        WorkerHeartbeat.objects.create(name="worker", seen_at=now, started_at=now)
        (state / "backups.log").write_text(
            f'{{"event": "backup", "at": "{(now - timedelta(hours=2)).isoformat()}", "file": "b", "bytes": 1000,'
            ' "rows": 5}\n'
        )
        page = browser.get(reverse("system")).content.decode()
        assert "Not running" not in page
        assert "Too old" not in page

    def test_a_silent_worker_and_an_old_backup_are_said(self, browser, state):
        now = timezone.now()
        WorkerHeartbeat.objects.create(name="worker", seen_at=now - timedelta(minutes=1), started_at=now)
        (state / "backups.log").write_text(
            f'{{"event": "backup", "at": "{(now - timedelta(days=3)).isoformat()}", "file": "b", "bytes": 1000,'
            ' "rows": 5}\n'
        )
        page = browser.get(reverse("system")).content.decode()
        assert "Not running" in page
        assert "Too old" in page

    def test_a_chain_that_the_worker_found_broken_is_said(self, browser, state, caplog):
        from euthymia.clinic.config.jobs import JOBS

        check = next(job for job in JOBS if job.name == "audit check")
        assert check.run(timezone.now()) is False
        assert "Held when last checked" in browser.get(reverse("system")).content.decode()
        chain.write_anchor(state / "anchors", now=timezone.now())
        (state / "anchors").write_text((state / "anchors").read_text().replace(chain.head()[1], "0" * 64))
        check.run(timezone.now())
        page = browser.get(reverse("system")).content.decode()
        assert ">Broken<" in page or "Broken" in page
        assert "verify_audit" in page
        assert "The audit chain is broken" in caplog.text

    @pytest.mark.parametrize(
        "torn",
        ["7 00", "7 " + "0" * 64, "7 " + "0" * 64 + " 2026-11-2", "7 " + "0" * 64 + " 2026-11-21", "\udcff"],
    )
    def test_what_a_loss_of_power_tore_is_said_and_stops_nothing(self, browser, state, torn):
        """The page answered with an error, the check failed, and no anchor was written any more."""
        now = timezone.now()
        act()
        first = chain.write_anchor(state / "anchors", now=now)
        (state / "anchors").write_bytes(
            (state / "anchors").read_bytes() + torn.encode(errors="surrogateescape")
        )
        good = f'{{"event": "backup", "at": "{now.isoformat()}", "file": "b", "bytes": 1000, "rows": 5}}\n'
        (state / "backups.log").write_text(good + '{"event": "back')
        page = browser.get(reverse("system"))
        assert page.status_code == 200
        assert "line 2 cannot be read" in page.content.decode()
        assert "Too old" not in page.content.decode()
        assert b"The audit chain holds" in browser.post(reverse("check_chain"), follow=True).content
        append_line(state / "backups.log", {"event": "restore"})
        assert (state / "backups.log").read_text().splitlines()[-1] == '{"event": "restore"}'
        second = chain.write_anchor(state / "anchors", now=now)
        assert chain.read_anchors(state / "anchors") == [
            Anchor(each.seq, each.hash, each.at.replace(microsecond=0)) for each in (first, second)
        ]

    def test_the_chain_is_checked_from_the_page_and_the_check_is_audited(self, browser):
        response = browser.post(reverse("check_chain"), follow=True)
        assert b"The audit chain holds" in response.content
        assert AuditEntry.objects.get(verb="audit.verify_chain").detail["holds"] is True
