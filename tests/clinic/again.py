"""Scenes made once: what a builder wrote is written again as it was, where it would write the same.

Most tests set the same scene, through hundreds of queries, in a transaction that is rolled back. A builder marked
with ``@again`` is watched when it is called in a test that has written nothing but by such builders: its INSERT,
UPDATE and DELETE statements are kept, values and all, with what it returned. The next test that makes the same calls
in the same order has them sent to the database in one go; triggers, constraints and the seal of the audit log do
their work anew.

It is built as before wherever that might not tell the same: after any other write or rollback, with arguments that
cannot be pickled, where a test has replaced something (``monkeypatch``, ``settings``) or commits, in Hypothesis's
examples, and where a builder waited for a commit or wrote a row that goes by a number of the database's own.
``EUTHYMIA_SCENES_AGAIN=0`` builds everything as before.
"""

from __future__ import annotations

import functools
import itertools
import os
import pickle
import re
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, ParamSpec, TypeVar, cast

from django.db import connection
from django.utils import timezone
from hypothesis import currently_in_test_context

from euthymia.clinic.audit import origin

_P = ParamSpec("_P")
_R = TypeVar("_R")

_SWITCH = "EUTHYMIA_SCENES_AGAIN"
_MOST_BYTES = 48 * 2**20  # of one process
_EMPTY = 0  # the state of a test that has written nothing
_WRITES = ("INSERT", "UPDATE", "DELETE")
_CHANGES_NOTHING = ("SELECT", "SAVEPOINT", "RELEASE SAVEPOINT")
# A SELECT that leaves something behind beside a lock.
_LEAVES_SOMETHING = re.compile(r"\b(set_config|setval|nextval)\b", re.IGNORECASE)
# Tables whose rows have a number that nothing else holds; every other row goes by a UUID made here.
_NUMBERED = ('INSERT INTO "mfa_authenticator"',)
_NUMBERS = frozenset({20, 21, 23})  # PostgreSQL's integers


@dataclass(slots=True)
class _Watched:
    """A call that is being recorded."""

    statements: list[bytes] = field(default_factory=list)
    good: bool = True


@dataclass(frozen=True, slots=True)
class _Kept:
    """A call as it was: what it wrote, what it returned, and the state the test was in after it."""

    statements: bytes
    result: bytes
    state: int

    @property
    def size(self) -> int:
        return len(self.statements) + len(self.result)


class _Shelf:
    """What this process keeps; what was not used for longest goes first."""

    def __init__(self) -> None:
        self._calls: OrderedDict[bytes, _Kept] = OrderedDict()
        self._bytes = 0

    def get(self, call: bytes) -> _Kept | None:
        if call in self._calls:
            self._calls.move_to_end(call)
        return self._calls.get(call)

    def put(self, call: bytes, kept: _Kept) -> None:
        self._calls[call] = kept
        self._bytes += kept.size
        while self._bytes > _MOST_BYTES:
            self._bytes -= self._calls.popitem(last=False)[1].size


@dataclass(slots=True)
class _Test:
    """What a running test has written so far. ``state`` is None once that is not known any more."""

    replaced: Callable[[], bool]
    state: int | None = _EMPTY
    watched: list[_Watched] = field(default_factory=list)

    def spoil(self) -> None:
        """What the test has written cannot be told by its calls."""
        self.state = None
        for each in self.watched:
            each.good = False


_shelf = _Shelf()
_states = itertools.count(_EMPTY + 1)
_test: _Test | None = None


@contextmanager
def begun(replaced: Callable[[], bool]) -> Iterator[None]:
    """For as long as one test lasts, from before its first write; ``replaced`` says whether it has put something
    in another's place."""
    global _test
    if os.environ.get(_SWITCH) == "0":
        yield
        return
    _test = _Test(replaced)
    try:
        with connection.execute_wrapper(_watch):
            yield
    finally:
        _test = None


def again(build: Callable[_P, _R]) -> Callable[_P, _R]:
    """Have ``build`` write again what it wrote when it was called so before."""

    @functools.wraps(build)
    def built(*arguments: _P.args, **named: _P.kwargs) -> _R:
        call = _call(build, arguments, named)
        if call is None:
            return build(*arguments, **named)
        kept = _shelf.get(call)
        if kept is None:
            return _recorded(call, functools.partial(build, *arguments, **named))
        return cast("_R", _repeated(kept))

    return built


# --- which call it is ------------------------------------------------------------------------------------
def _call(build: Callable[..., Any], arguments: tuple[Any, ...], named: dict[str, Any]) -> bytes | None:
    """Everything that what is written depends on; None where it is built as before."""
    if _test is None or _test.state is None or not _rolls_back():
        return None
    if _test.replaced() or currently_in_test_context():
        return None
    around = (_test.state, timezone.get_current_timezone_name(), origin.current())
    try:
        return pickle.dumps((build.__module__, build.__qualname__, around, arguments, sorted(named.items())))
    except (pickle.PicklingError, TypeError, AttributeError):
        return None


def _rolls_back() -> bool:
    """Whether this connection is the one that is watched, in the transaction that ends with the test."""
    blocks = connection.atomic_blocks
    return _watch in connection.execute_wrappers and bool(blocks) and blocks[0]._from_testcase


# --- building, and writing again ---------------------------------------------------------------------------
def _recorded(call: bytes, build: Callable[[], _R]) -> _R:
    assert _test is not None
    watched, waiting = _Watched(), len(connection.run_on_commit)
    _test.watched.append(watched)
    try:
        result = build()
    except BaseException:
        _test.spoil()
        raise
    finally:
        _test.watched.pop()
    if not watched.good or len(connection.run_on_commit) != waiting:
        _test.spoil()
        return result
    try:
        returned = pickle.dumps(result)
    except (pickle.PicklingError, TypeError, AttributeError):
        _test.spoil()
        return result
    kept = _Kept(b";\n".join(watched.statements), returned, next(_states))
    _shelf.put(call, kept)
    _test.state = kept.state
    # Not the thing itself: what is handed out is spelled the same however often it was, and so are later calls.
    return cast("_R", pickle.loads(returned))


def _repeated(kept: _Kept) -> Any:
    assert _test is not None
    if kept.statements:
        # By the driver itself: several statements at once, and no one query for those who count ours.
        connection.connection.execute(kept.statements)
    for outer in _test.watched:
        if kept.statements:
            outer.statements.append(kept.statements)
    _test.state = kept.state
    return pickle.loads(kept.result)


# --- watching ----------------------------------------------------------------------------------------------
def _watch(execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: dict[str, Any]) -> Any:
    """Take note of what is executed on the connection of a test."""
    try:
        result = execute(sql, params, many, context)
    except Exception:
        if _test is not None:
            _test.spoil()
        raise
    if _test is not None and not _changes_nothing(sql):
        _note(str(sql).lstrip(), many, context["cursor"].cursor)
    return result


def _changes_nothing(sql: Any) -> bool:
    words = str(sql).lstrip()
    return words.startswith(_CHANGES_NOTHING) and not (
        words.startswith("SELECT") and _LEAVES_SOMETHING.search(words)
    )


def _note(sql: str, many: bool, cursor: Any) -> None:
    assert _test is not None
    if many or not sql.startswith(_WRITES) or _is_numbered(sql, cursor):
        return _test.spoil()
    _test.state = None  # until the call that wrote it has ended
    for each in _test.watched:
        each.statements.append(cursor._query.query)  # as it was sent: the client put the values in
    return None


def _is_numbered(sql: str, cursor: Any) -> bool:
    """Whether a row was made that the database gave a number to, by which others may name it."""
    if not sql.startswith("INSERT") or sql.startswith(_NUMBERED) or cursor.description is None:
        return False
    if '"id"' in sql.partition(" VALUES ")[0]:
        return False  # the number was given here
    return any(column.name == "id" and column.type_code in _NUMBERS for column in cursor.description)
