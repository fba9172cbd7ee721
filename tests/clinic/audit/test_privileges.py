"""The application's role tries to forge, to ignore, to empty and to rewrite; the database says no."""

from __future__ import annotations

import re
from uuid import uuid4

import psycopg
import pytest
from django.apps import apps
from django.db import DatabaseError, connection, transaction
from django.utils import timezone
from pghistory.models import Event
from tests.clinic import factories

from euthymia.clinic.access.models import BreakGlass, Clinic, RoleAssignment, User
from euthymia.clinic.access.permissions import Role
from euthymia.clinic.audit import actions, privileges, queries
from euthymia.clinic.audit.bases import Fact, State
from euthymia.clinic.audit.models import AuditEntry

CLINIC_HISTORY = "access_clinicevent"
CLINIC_COLUMNS = "access_clinic (id, name, jurisdiction, time_zone)"
ADD_CLINIC = f"INSERT INTO {CLINIC_COLUMNS} VALUES (gen_random_uuid(), 'x', 'US', 'UTC')"


def execute(statement: str, *parameters: object) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, parameters or None)


def refused(statement: str, *parameters: object) -> str:
    """Run a statement that must fail; returns why it did."""
    with pytest.raises(DatabaseError) as caught:
        execute(statement, *parameters)
    return str(caught.value)


def history(model: type[State]) -> type[Event]:
    return next(
        event
        for event in apps.get_models()
        if issubclass(event, Event) and event.pgh_tracked_model is model  # type: ignore[attr-defined]
    )


def insert_only_models() -> list[type]:
    return [model for model in apps.get_models() if issubclass(model, Fact | AuditEntry | Event)]


@pytest.fixture
def filled(db) -> Clinic:
    """A clinic with a history row, an audit entry and a fact."""
    by = factories.viewer(Role.NURSE)
    actions.record(by=by, verb="test.act", at=timezone.now())
    BreakGlass.objects.create(
        clinic_id=by.clinic_id,
        recorded_at=timezone.now(),
        recorded_by_id=by.user_id,
        patient_id=by.user_id,
        why="a test of what cannot be changed",
        expires_at=timezone.now() + timezone.timedelta(hours=1),
    )
    return Clinic.objects.get()


class TestWhoConnects:
    def test_tests_run_as_the_application(self, db):
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_user, rolsuper FROM pg_roles WHERE rolname = current_user")
            assert cursor.fetchone() == ("euthymia_app", False)

    def test_it_owns_nothing(self, db):
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_class WHERE pg_get_userbyid(relowner) = current_user")
            assert cursor.fetchone() == (0,)
            cursor.execute("SELECT count(*) FROM pg_proc WHERE pg_get_userbyid(proowner) = current_user")
            assert cursor.fetchone() == (0,)

    @pytest.mark.parametrize("role", ["euthymia_owner", "postgres"])
    def test_it_cannot_become_another_role(self, db, role):
        assert "permission denied" in refused(f"SET ROLE {role}")
        assert "permission denied" in refused(f"SET SESSION AUTHORIZATION {role}")


class TestFacts:
    @pytest.mark.parametrize("model", insert_only_models(), ids=lambda model: model._meta.db_table)
    def test_no_fact_history_or_audit_row_can_be_changed(self, db, model):
        table, column = model._meta.db_table, model._meta.pk.column
        for statement in (
            f"UPDATE {table} SET {column} = {column}",
            f"DELETE FROM {table}",
            f"TRUNCATE {table} CASCADE",
        ):
            assert "permission denied" in refused(statement)

    @pytest.mark.parametrize("model", insert_only_models(), ids=lambda model: model._meta.db_table)
    def test_not_even_by_the_owner(self, databases, db, model):
        """The owner would have to take the trigger away first, and the chain would show it."""
        table, column = model._meta.db_table, model._meta.pk.column
        with psycopg.connect(databases.owner_url(connection.settings_dict["NAME"]), autocommit=True) as owner:
            for statement in (
                f"UPDATE {table} SET {column} = {column}",
                f"DELETE FROM {table}",
                f"TRUNCATE {table} CASCADE",
            ):
                with pytest.raises(psycopg.Error, match=r"never changed|tracked|append_only|Cannot"):
                    owner.execute(statement)

    def test_the_orm_fails_too(self, filled):
        fact = BreakGlass.objects.get()
        fact.why = "forged"
        for change in (
            fact.save,
            fact.delete,
            lambda: BreakGlass.objects.update(why="forged"),
            lambda: BreakGlass.objects.bulk_update([fact], ["why"]),
        ):
            with pytest.raises(DatabaseError), transaction.atomic():
                change()


class TestState:
    @pytest.mark.parametrize(
        "model",
        [model for model in apps.get_models() if issubclass(model, State)],
        ids=lambda model: model._meta.db_table,
    )
    def test_no_state_can_be_deleted_or_emptied(self, db, model):
        assert "permission denied" in refused(f"DELETE FROM {model._meta.db_table}")
        assert "permission denied" in refused(f"TRUNCATE {model._meta.db_table} CASCADE")

    @pytest.mark.parametrize(
        "model",
        [model for model in apps.get_models() if issubclass(model, State)],
        ids=lambda model: model._meta.db_table,
    )
    def test_every_state_has_a_history(self, model):
        assert history(model)


class TestHistory:
    """S18: whatever the way of writing, a row is left."""

    def labels(self) -> list[str]:
        return list(history(Clinic).objects.order_by("pgh_id").values_list("pgh_label", "name"))

    def test_the_orm(self, db):
        clinic = Clinic.objects.create(name="A")
        clinic.name = "B"
        clinic.save()
        assert self.labels() == [("insert", "A"), ("update", "B")]

    def test_bulk_writes(self, db):
        made = Clinic.objects.bulk_create([Clinic(name="A"), Clinic(name="B")])
        Clinic.objects.update(name="C")
        Clinic.objects.bulk_update(
            [Clinic(id=each.id, name=f"D{number}") for number, each in enumerate(made)], ["name"]
        )
        assert sorted(self.labels()) == [
            ("insert", "A"), ("insert", "B"),
            ("update", "C"), ("update", "C"), ("update", "D0"), ("update", "D1"),
        ]  # fmt: skip

    def test_raw_sql(self, db):
        execute(ADD_CLINIC)
        execute("UPDATE access_clinic SET name = 'S'")
        assert self.labels() == [("insert", "x"), ("update", "S")]

    def test_an_upsert(self, db):
        clinic = Clinic.objects.create(name="A")
        execute(
            "INSERT INTO access_clinic (id, name, jurisdiction, time_zone) VALUES (%s, 'U', 'US', 'UTC')"
            " ON CONFLICT (id) DO UPDATE SET name = excluded.name",
            clinic.id,
        )
        assert self.labels() == [("insert", "A"), ("update", "U")]

    def test_a_write_inside_a_query(self, db):
        Clinic.objects.create(name="A")
        execute("WITH changed AS (UPDATE access_clinic SET name = 'W' RETURNING 1) SELECT * FROM changed")
        assert self.labels()[-1] == ("update", "W")

    def test_copy(self, db):
        with (
            connection.cursor() as cursor,
            cursor.cursor.copy("COPY access_clinic (id, name, jurisdiction, time_zone) FROM STDIN") as copy,
        ):
            copy.write_row((uuid4(), "copied", "US", "UTC"))
        assert self.labels() == [("insert", "copied")]

    def test_a_deletion_by_the_owner(self, databases, transactional_db):
        Clinic.objects.create(name="A")
        with psycopg.connect(databases.owner_url(connection.settings_dict["NAME"]), autocommit=True) as owner:
            owner.execute("DELETE FROM access_clinic")
        assert self.labels() == [("insert", "A"), ("delete", "A")]
        assert history(Clinic).objects.order_by("pgh_id").last().pgh_role == "euthymia_owner"

    def test_a_changed_password_leaves_a_row_without_the_password(self, db):
        user = factories.staff(Role.NURSE).user
        execute("UPDATE access_user SET password = 'stolen' WHERE id = %s", user.id)
        rows = history(User).objects.filter(pgh_obj_id=user.id)
        assert rows.last().pgh_label == "secret"
        assert "password" not in {field.name for field in history(User)._meta.fields}


class TestForging:
    @pytest.mark.parametrize(
        "setting",
        [
            "SET pgtrigger.ignore = '{}'",
            "SELECT set_config('pgtrigger.ignore', '{}', false)",
            "SELECT set_config('pgtrigger.ignore', '{}', true)",
        ],
    )
    def test_triggers_cannot_be_ignored(self, db, setting):
        names = "pgtrigger_insert_insert,pgtrigger_update_update,insert_insert,update_update"
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT string_agg(tgname, ',') FROM pg_trigger WHERE tgrelid = 'access_clinic'::regclass"
            )
            cursor.execute(setting.replace("{}", "{" + f"{names},{cursor.fetchone()[0]}" + "}"))
            cursor.execute(ADD_CLINIC)
        assert history(Clinic).objects.count() == 1

    def test_the_library_itself_cannot_ignore_them(self, db):
        import pgtrigger

        with pgtrigger.ignore():
            Clinic.objects.create(name="A")
        assert history(Clinic).objects.count() == 1

    @pytest.mark.parametrize(
        "statement",
        [
            "ALTER TABLE access_clinic DISABLE TRIGGER ALL",
            "ALTER TABLE access_clinic DISABLE TRIGGER USER",
            "DROP TRIGGER euthymia_refuse_change ON audit_auditentry",
            "DROP TABLE access_clinicevent",
            "ALTER TABLE access_clinicevent RENAME TO gone",
            "SET session_replication_role = replica",
            "SELECT set_config('session_replication_role', 'replica', false)",
            "CREATE OR REPLACE FUNCTION public._pgtrigger_should_ignore(name) RETURNS boolean LANGUAGE sql"
            " AS 'SELECT true'",
            "CREATE FUNCTION public.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
            "CREATE TABLE public.mine (x int)",
            "CREATE TEMP TABLE access_clinicevent (x int)",
            "CREATE SCHEMA mine",
            "ALTER ROLE euthymia_app SUPERUSER",
            "CREATE ROLE another",
            "SELECT nextval('access_clinicevent_pgh_id_seq')",
            "SELECT setval('audit_auditentry_seq_seq', 1)",
            "LOCK TABLE audit_auditentry IN ACCESS EXCLUSIVE MODE",
            "INSERT INTO access_clinicevent (pgh_label, pgh_created_at, pgh_obj_id, id, created_at, name,"
            " jurisdiction, time_zone) VALUES ('insert', now(), gen_random_uuid(), gen_random_uuid(), now(),"
            " 'forged', 'US', 'UTC')",
            "SELECT * FROM account_emailconfirmation",
            "UPDATE django_migrations SET name = 'x'",
            "SELECT pg_read_file('/etc/passwd')",
            "COPY access_clinic TO PROGRAM 'true'",
            "DO $$ BEGIN PERFORM public._pgtrigger_should_ignore('x'); END $$",
        ],
    )
    def test_refused(self, filled, statement):
        assert re.search(
            r"denied|must be owner|must be superuser|only roles", refused(statement), re.IGNORECASE
        )

    def test_it_cannot_grant_itself_anything(self, db):
        execute("GRANT ALL ON access_clinicevent TO euthymia_app")  # a warning, and nothing granted
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT has_table_privilege('access_clinicevent', 'INSERT, UPDATE, DELETE, TRUNCATE')"
            )
            assert cursor.fetchone() == (False,)

    def test_history_claims_no_author_that_a_session_could_lie_about(self, db):
        execute("SELECT set_config('pghistory.context_metadata', '{\"user\": \"somebody else\"}', false)")
        execute("SELECT set_config('pghistory.context_id', gen_random_uuid()::text, false)")
        Clinic.objects.create(name="A")
        row = history(Clinic).objects.get()
        assert row.pgh_role == "euthymia_app"
        assert not any("somebody else" in str(value) for value in row.__dict__.values())
        assert not {"pgh_context", "pgh_context_id"} & {field.name for field in row._meta.fields}

    def test_no_search_path_redirects_a_trigger(self, db):
        execute("SET search_path = pg_temp, public")
        Clinic.objects.create(name="A")
        assert history(Clinic).objects.count() == 1


class TestUnexplained:
    def test_an_action_explains_its_changes(self, transactional_db):
        by = factories.viewer(Role.ADMINISTRATOR)
        from euthymia.clinic.access import actions as access

        before = queries.unexplained_changes(application_role="euthymia_app")
        access.add_staff(by=by, name="New", email="new@example.org", roles=[Role.NURSE], at=timezone.now())
        assert queries.unexplained_changes(application_role="euthymia_app") == before

    def test_a_change_by_hand_is_found(self, transactional_db):
        execute(ADD_CLINIC)
        (change,) = queries.unexplained_changes(application_role="euthymia_app")
        assert (change.table, change.rows, change.role) == (CLINIC_HISTORY, 1, "euthymia_app")


class TestApply:
    def test_every_function_of_ours_is_hardened(self, db):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT proname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace"
                " WHERE nspname = 'public' AND (NOT prosecdef OR proconfig IS NULL"
                " OR NOT 'search_path=pg_catalog, public, pg_temp' = ANY(proconfig)"
                " OR has_function_privilege('euthymia_app', p.oid, 'EXECUTE'))"
            )
            assert cursor.fetchall() == []

    def test_every_trigger_fires_always(self, db):
        with connection.cursor() as cursor:
            cursor.execute("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'A'")
            assert cursor.fetchall() == []

    def test_a_table_of_no_kind_gets_no_right_by_accident(self, monkeypatch, db):
        monkeypatch.setattr(privileges, "_THIRD_PARTY", {})
        with pytest.raises(privileges.PrivilegesError, match="are of no kind"):
            privileges._rights(connection)

    def test_owner_and_application_must_be_two(self, db, monkeypatch):
        monkeypatch.setattr(privileges, "call_command", lambda *_, **__: None)
        with pytest.raises(privileges.PrivilegesError, match="must be two"):
            privileges.apply(application_role="euthymia_app")


def test_an_entry_outside_a_transaction_is_refused(transactional_db):
    with pytest.raises(RuntimeError, match="in the transaction"):
        actions.record(by=None, verb="test.act", at=timezone.now())


def test_the_entry_is_lost_with_what_it_tells_of(transactional_db):
    with transaction.atomic():
        Clinic.objects.create(name="A")
        actions.record(by=None, verb="test.act", at=timezone.now())
        transaction.set_rollback(True)
    assert not AuditEntry.objects.exists()
    assert not history(Clinic).objects.exists()


def test_a_role_that_is_taken_away_stays_on_record(db):
    admin = factories.viewer(Role.ADMINISTRATOR)
    nurse = factories.staff(Role.NURSE, Role.THERAPIST)
    from euthymia.clinic.access import actions as access

    access.set_roles(by=admin, user_id=nurse.user.id, roles=[Role.NURSE], at=timezone.now())
    assert RoleAssignment.objects.get(user=nurse.user, role=Role.THERAPIST).held is False
    entry = AuditEntry.objects.get(verb="access.set_roles")
    assert entry.detail == {"before": ["nurse", "therapist"], "after": ["nurse"]}
