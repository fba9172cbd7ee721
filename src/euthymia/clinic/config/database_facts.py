"""What can be asked of a database without knowing its models: how much it holds, and whether it is a demo."""

from __future__ import annotations

from dataclasses import dataclass

import psycopg
from psycopg import sql

_DEMO = "euthymia demo"  # the comment on the table of migrations: it travels with every dump


@dataclass(frozen=True, slots=True)
class Facts:
    """Rows of each table, the last audit entry (its number and hash), and whether this is a demo."""

    rows: dict[str, int]
    audit_head: tuple[int, str] | None
    demo: bool


def tables(connection: psycopg.Connection) -> list[str]:
    """The names of the tables, in order."""
    found = connection.execute(
        "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"
    )
    return [name for (name,) in found]


def gather(connection: psycopg.Connection) -> Facts:
    """Count every row, in the transaction the connection is in."""
    rows = {name: _count(connection, name) for name in tables(connection)}
    head = None
    if "audit_auditentry" in rows:
        head = connection.execute(
            "SELECT seq, hash FROM audit_auditentry ORDER BY seq DESC LIMIT 1"
        ).fetchone()
    return Facts(rows, (head[0], head[1]) if head else None, is_demo(connection))


def is_demo(connection: psycopg.Connection) -> bool:
    """Whether the database was made by the demo."""
    found = connection.execute("SELECT obj_description(to_regclass('public.django_migrations'))").fetchone()
    return found is not None and found[0] == _DEMO


def mark_demo(connection: psycopg.Connection) -> None:
    """Mark the database as a demo for good; only its owner can."""
    connection.execute(sql.SQL("COMMENT ON TABLE public.django_migrations IS {}").format(sql.Literal(_DEMO)))


def _count(connection: psycopg.Connection, table: str) -> int:
    found = connection.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))).fetchone()
    return int(found[0]) if found else 0
