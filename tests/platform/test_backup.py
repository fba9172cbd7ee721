"""Backups: what comes back is what was saved, and a file that is not what was saved is refused."""

from __future__ import annotations

import json
import stat
import struct
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from euthymia.clinic.config import backup, sealed
from euthymia.clinic.config.backup import BackupError
from euthymia.clinic.config.postgres import EmbeddedPostgres, create_database
from euthymia.clinic.config.sealed import SealError, Secret
from euthymia.clinic.config.state import State

_NOW = datetime(2026, 3, 1, 2, 30, tzinfo=UTC)
_NAME = "Ada Nobody"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    """One server for the module; its database holds more than one chunk of data."""
    with EmbeddedPostgres(tmp_path_factory.mktemp("server") / "postgres", fsync=False) as server:
        with psycopg.connect(server.dsn("owner")) as connection:
            connection.execute("CREATE TABLE people (id int PRIMARY KEY, name text)")
            connection.execute("CREATE TABLE noise (id int PRIMARY KEY, words text)")
            connection.execute("INSERT INTO people SELECT n, %s || n FROM generate_series(1, 50) n", [_NAME])
            connection.execute(
                "INSERT INTO noise SELECT n, string_agg(md5(n::text || k::text), '')"
                " FROM generate_series(1, 3000) n, generate_series(1, 64) k GROUP BY n"
            )
        yield server


@pytest.fixture
def state(tmp_path: Path) -> State:
    state = State(tmp_path / "clinic")
    state.make()
    return state


@pytest.fixture
def saved(server: EmbeddedPostgres, state: State) -> Path:
    """A backup under the state's own key."""
    secret = backup.key_file(state)
    return backup.make(server.dsn("owner"), state, to=state.backups, secret=secret, now=_NOW).file


def _empty(server: EmbeddedPostgres, name: str) -> str:
    with psycopg.connect(server.dsn("superuser", "postgres"), autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name}")
        create_database(connection, name)
    return server.dsn("owner", name)


def test_what_comes_back_is_what_was_saved(server: EmbeddedPostgres, state: State, saved: Path) -> None:
    target = _empty(server, "restored")
    contents = backup.load(saved, backup.key_file(state), target)
    assert contents.rows == {"noise": 3000, "people": 50}
    assert contents.secret_key == (state.folder / "secret-key").read_text()
    questions = (
        "SELECT * FROM people ORDER BY id",
        "SELECT md5(string_agg(words, '' ORDER BY id)) FROM noise",
    )
    with psycopg.connect(server.dsn("owner")) as before, psycopg.connect(target) as after:
        for question in questions:
            assert before.execute(question).fetchall() == after.execute(question).fetchall()


def test_the_file_is_private_sealed_and_logged(state: State, saved: Path) -> None:
    assert stat.S_IMODE(saved.stat().st_mode) == 0o600
    assert stat.S_IMODE((state.folder / "backup-key").stat().st_mode) == 0o600
    assert saved.stat().st_size > 2 * sealed.CHUNK_BYTES
    assert _NAME.encode() not in saved.read_bytes()
    assert [path.name for path in state.backups.iterdir()] == ["euthymia-2026-03-01T02-30-00Z.backup"]
    newest = backup.last(state)
    assert newest is not None
    assert (newest.made_at, newest.file, newest.rows) == (_NOW, saved, 3050)


def test_the_log_is_empty_before_the_first_backup(state: State) -> None:
    assert backup.last(state) is None


def _spots(path: Path) -> dict[str, bytes]:
    """The backup, spoilt in each way somebody or a disk might spoil it."""
    whole = path.read_bytes()
    (header_size,) = struct.unpack(">I", whole[len(sealed.MAGIC) :][:4])
    body = len(sealed.MAGIC) + 4 + header_size
    chunk = sealed.CHUNK_BYTES + 16
    flip = lambda at: whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :]  # noqa: E731
    header = json.loads(whole[len(sealed.MAGIC) + 4 : body])
    header["about"]["made_at"] = "2026-04-01T00:00:00+00:00"
    younger = json.dumps(header).encode()
    return {
        "a byte of the first chunk": flip(body),
        "a byte of the second chunk": flip(body + chunk + 100),
        "the last byte": flip(len(whole) - 1),
        "the last byte missing": whole[:-1],
        "the last chunk missing": whole[: body + 2 * chunk],
        "a byte too many": whole + b"\0",
        "two chunks exchanged": whole[:body]
        + whole[body + chunk : body + 2 * chunk]
        + whole[body : body + chunk]
        + whole[body + 2 * chunk :],
        "another date": sealed.MAGIC + struct.pack(">I", len(younger)) + younger + whole[body:],
        "only the header": whole[:body],
        "nothing": b"",
        "something else": b"PGDMP" + whole,
    }


def test_a_spoilt_file_is_refused_before_anything_is_loaded(
    server: EmbeddedPostgres, state: State, saved: Path, tmp_path: Path
) -> None:
    target = _empty(server, "untouched")
    for name, contents in _spots(saved).items():
        spoilt = tmp_path / "spoilt.backup"
        spoilt.write_bytes(contents)
        with pytest.raises(SealError, match=r"refused|not a backup") as refusal:
            backup.load(spoilt, backup.key_file(state), target)
        assert str(refusal.value).endswith("."), name
    with psycopg.connect(target) as connection:
        assert connection.execute(
            "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
        ).fetchone() == (0,)


def test_another_key_does_not_open_it(server: EmbeddedPostgres, saved: Path, tmp_path: Path) -> None:
    other = State(tmp_path / "other")
    other.make()
    with pytest.raises(SealError, match="another key"):
        backup.examine(saved, backup.key_file(other))
    with pytest.raises(SealError, match="another key"):
        backup.examine(saved, Secret("passphrase", b"correct horse battery"))


def test_a_passphrase_opens_what_it_sealed(server: EmbeddedPostgres, state: State) -> None:
    right, wrong = (
        Secret("passphrase", b"correct horse battery"),
        Secret("passphrase", b"correct horse batter"),
    )
    made = backup.make(server.dsn("owner"), state, to=state.backups, secret=right, now=_NOW)
    assert backup.kind_of_key(made.file) == "passphrase"
    assert backup.examine(made.file, right).rows["people"] == 50
    with pytest.raises(SealError, match="passphrase is wrong"):
        backup.examine(made.file, wrong)


def test_a_database_with_tables_is_not_restored_into(
    server: EmbeddedPostgres, state: State, saved: Path
) -> None:
    with pytest.raises(BackupError, match="not empty; nothing was changed"):
        backup.load(saved, backup.key_file(state), server.dsn("owner"))


def test_an_unwritable_folder_and_a_missing_key_get_sentences(
    server: EmbeddedPostgres, state: State, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BackupError, match="could not be written"):
        backup.make(
            server.dsn("owner"), state, to=tmp_path / "file" / "x", secret=backup.key_file(state), now=_NOW
        )
    with pytest.raises(BackupError, match="--key"):
        backup.read_key(tmp_path / "nowhere")


def test_a_seal_of_nothing_opens_as_nothing(tmp_path: Path) -> None:
    secret = Secret("file", b"k" * 32)
    with (tmp_path / "empty").open("wb") as file:
        sealed.Sealer(file, secret, {}).close()
    with (tmp_path / "empty").open("rb") as file:
        header = sealed.read_header(file)
        assert b"".join(sealed.opened(file, header, secret)) == b""
