"""What the application's role may do in the database, applied by the owner after every migration.

========================  ======================================================================
kind of table             the application's role
========================  ======================================================================
fact, audit entry         SELECT, INSERT; a trigger refuses UPDATE, DELETE and TRUNCATE to everybody
state                     SELECT, INSERT, UPDATE
history                   SELECT; rows come from triggers that run as the owner
transient, third party    as ``Transient`` and ``_THIRD_PARTY`` say
anything else             ``apply`` stops: a table of no kind gets no right by accident
========================  ======================================================================
"""

from __future__ import annotations

from django.apps import apps
from django.core.management import call_command
from django.db import connections, models, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from pghistory.models import Event
from psycopg import sql

from euthymia.clinic.audit import chain
from euthymia.clinic.audit.bases import Fact, State, Transient
from euthymia.clinic.audit.models import AuditEntry

_READ = "SELECT"
_ADD = "SELECT, INSERT"
_CHANGE = "SELECT, INSERT, UPDATE"
_ALL = "SELECT, INSERT, UPDATE, DELETE"

_THIRD_PARTY = {
    "django_session": _ALL,
    "shared_cache": _ALL,
    "axes_accessattempt": _ALL,
    "axes_accessattemptexpiration": _ALL,
    "axes_accessfailurelog": _ADD,
    "axes_accesslog": _CHANGE,  # the time of signing out
    "mfa_authenticator": _ALL,  # a factor that is given up is deleted; access.signals audits it
    "account_emailaddress": _CHANGE,
    "account_emailconfirmation": "",  # addresses are confirmed by the one-time link
    "auth_group": "",
    "auth_group_permissions": "",
    "auth_permission": "",
    "django_content_type": "",
    "django_migrations": _READ,
    "pghistory_context": "",
}

_REFUSE = """
CREATE OR REPLACE FUNCTION euthymia_refuse_change() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'Rows of % are never changed or removed. A correction is a new row.', TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
"""

# As shipped, any session could switch a trigger off for itself with SET pgtrigger.ignore.
_NEVER_IGNORE = """
CREATE OR REPLACE FUNCTION public._pgtrigger_should_ignore(trigger_name name) RETURNS boolean
LANGUAGE sql IMMUTABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS 'SELECT false';
"""


class PrivilegesError(Exception):
    """The rights cannot be applied as designed; the message says what to do."""


def apply(*, application_role: str, using: str = "default") -> None:
    """Install the guarding triggers, harden every function and set the grants. Run it as the owner.

    Running it again changes nothing. Raises PrivilegesError when a table is of no known kind or when the
    connection is not the owner's.
    """
    connection = connections[using]
    call_command("createcachetable", database=using, verbosity=0)
    with transaction.atomic(using=using), connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        owner = cursor.fetchone()[0]
        if owner == application_role or not application_role:
            raise PrivilegesError(
                "The owner's and the application's database roles must be two. "
                "Set DATABASE_OWNER_URL and DATABASE_URL to different users."
            )
        cursor.execute(_REFUSE)
        cursor.execute(chain.SEAL_FUNCTION)
        if _exists(connection, "_pgtrigger_should_ignore"):
            cursor.execute(_NEVER_IGNORE)
        rights = _rights(connection)
        for table in sorted(_insert_only(rights)):
            _guard(connection, table)
        cursor.execute(chain.SEAL_TRIGGER)
        _harden_functions(connection, owner)
        _keep_triggers_on(connection, owner)
        _grant(connection, application_role, rights)


def _rights(connection: BaseDatabaseWrapper) -> dict[str, str]:
    """Each table of the database with the rights of the application's role on it."""
    known = dict(_THIRD_PARTY)
    for model in apps.get_models(include_auto_created=True):
        if (rights := _rights_of(model)) is not None:
            known[model._meta.db_table] = rights
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        tables = {name for (name,) in cursor.fetchall()}
    if strangers := tables - known.keys():
        raise PrivilegesError(
            f"The tables {', '.join(sorted(strangers))} are of no kind. Derive the model from Fact, State or "
            "Transient, or name the table in audit.privileges."
        )
    return {table: known[table] for table in tables}


def _rights_of(model: type[models.Model]) -> str | None:
    if issubclass(model, Event):
        return _READ
    if issubclass(model, Fact | AuditEntry):
        return _ADD
    if issubclass(model, State):
        return _CHANGE
    if issubclass(model, Transient):
        return _ALL
    return None


def _insert_only(rights: dict[str, str]) -> set[str]:
    """The tables nobody may change: facts, audit entries and history."""
    tables = {
        model._meta.db_table
        for model in apps.get_models(include_auto_created=True)
        if issubclass(model, Event | Fact | AuditEntry)
    }
    return tables & rights.keys()


def _guard(connection: BaseDatabaseWrapper, table: str) -> None:
    _run(
        connection,
        "DROP TRIGGER IF EXISTS euthymia_refuse_change ON {table};"
        "CREATE TRIGGER euthymia_refuse_change BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}"
        " FOR EACH STATEMENT EXECUTE FUNCTION euthymia_refuse_change()",
        table=sql.Identifier(table),
    )


def _harden_functions(connection: BaseDatabaseWrapper, owner: str) -> None:
    """Every function of ours runs as the owner, with a search path that no session can redirect."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT p.oid::regprocedure::text FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace"
            " WHERE n.nspname = 'public' AND pg_get_userbyid(p.proowner) = %s",
            [owner],
        )
        functions = [name for (name,) in cursor.fetchall()]
        for name in functions:  # regprocedure is already quoted
            cursor.execute(
                f"ALTER FUNCTION {name} SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp"
            )
            cursor.execute(f"REVOKE ALL ON FUNCTION {name} FROM PUBLIC")


def _keep_triggers_on(connection: BaseDatabaseWrapper, owner: str) -> None:
    """Triggers fire also in a session that plays the part of a replica."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
            " WHERE NOT t.tgisinternal AND pg_get_userbyid(c.relowner) = %s",
            [owner],
        )
        triggers = cursor.fetchall()
    for table, trigger in triggers:
        _run(
            connection,
            "ALTER TABLE {table} ENABLE ALWAYS TRIGGER {trigger}",
            table=sql.Identifier(table),
            trigger=sql.Identifier(trigger),
        )


def _grant(connection: BaseDatabaseWrapper, role: str, rights: dict[str, str]) -> None:
    database = connection.settings_dict["NAME"]
    names = {"app": sql.Identifier(role), "database": sql.Identifier(database)}
    for statement in (
        "REVOKE ALL ON ALL TABLES IN SCHEMA public FROM PUBLIC, {app}",
        "REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM PUBLIC, {app}",
        "REVOKE ALL ON ALL FUNCTIONS IN SCHEMA public FROM PUBLIC, {app}",
        "REVOKE ALL ON SCHEMA public FROM PUBLIC, {app}",
        "REVOKE ALL ON DATABASE {database} FROM PUBLIC, {app}",
        "ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC",
        "GRANT CONNECT ON DATABASE {database} TO {app}",
        "GRANT USAGE ON SCHEMA public TO {app}",
    ):
        _run(connection, statement, **names)
    for table, granted in sorted(rights.items()):
        if granted:
            _run(connection, f"GRANT {granted} ON {{table}} TO {{app}}", table=sql.Identifier(table), **names)


def _exists(connection: BaseDatabaseWrapper, function: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_proc WHERE proname = %s", [function])
        return cursor.fetchone() is not None


def _run(connection: BaseDatabaseWrapper, statement: str, **names: sql.Identifier) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL(statement).format(**names).as_string(connection.connection))
