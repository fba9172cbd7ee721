"""``serve`` from the outside: what it refuses, that it runs, heals, stops, and can be saved meanwhile."""

from __future__ import annotations

import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from euthymia.clinic.config import database_facts, processes
from euthymia.clinic.config.postgres import EmbeddedPostgres
from euthymia.clinic.config.state import State

_HOST = "clinic.test"
_START_S = 180.0  # seconds on an idle machine; tests run beside it


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _environment() -> dict[str, str]:
    dropped = ("DATABASE_", "EUTHYMIA_", "DJANGO_")
    return {name: value for name, value in os.environ.items() if not name.startswith(dropped)}


def _command(*arguments: str | Path) -> list[str]:
    return [sys.executable, "-m", "euthymia.clinic.config.server", *map(str, arguments)]


def _do(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(
        _command(*arguments),
        env=_environment() | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=_START_S,
    )


class Clinic:
    """A running ``serve`` with its output in a file."""

    def __init__(self, folder: Path, port: int, certificate: Path, key: Path) -> None:
        self.folder, self.port = folder, port
        self.output = folder.parent / "output"
        self._command = _command("serve", "--data", folder, "--port", str(port))
        self._command += ["--certificate", str(certificate), "--key", str(key)]
        self._certificate = certificate
        self.start()

    def start(self) -> None:
        """Start it, anew after an end."""
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                self._command,
                env=_environment(),
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait_for(self, condition: Callable[[], bool]) -> None:
        """Wait until it is so; fails with the output when the time is over."""
        end = time.monotonic() + _START_S
        while not condition():
            assert self.process.poll() is None, self.said()
            assert time.monotonic() < end, self.said()
            time.sleep(0.1)

    def said(self) -> str:
        return self.output.read_text()

    def get(self, path: str = "/sign-in/") -> tuple[int, dict[str, str]]:
        """Status and headers, over TLS, by the name in the certificate; 0 while nobody answers."""
        trusting = ssl.create_default_context(cafile=str(self._certificate))
        trusting.check_hostname = False  # asked at 127.0.0.1, by name
        request = urllib.request.Request(
            f"https://127.0.0.1:{self.port}{path}", headers={"Host": f"{_HOST}:{self.port}"}
        )
        try:
            with urllib.request.urlopen(request, timeout=20, context=trusting) as answer:
                return answer.status, {name.lower(): value for name, value in answer.headers.items()}
        except urllib.error.HTTPError as error:
            return error.code, {name.lower(): value for name, value in error.headers.items()}
        except OSError:
            return 0, {}

    def answers(self) -> bool:
        return self.get()[0] == 200

    def pids(self, words: str) -> list[int]:
        """The processes of this clinic whose command line has ``words`` in it."""
        own = [os.getpgid(0), self.process.pid]
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit() and int(entry.name) not in own:
                line = " ".join(processes.command_line(int(entry.name)))
                if words in line and (
                    str(self.folder) in line or _is_child_of(int(entry.name), self.process.pid)
                ):
                    found.append(int(entry.name))
        return sorted(found)


def _is_child_of(pid: int, ancestor: int) -> bool:
    while pid > 1:
        try:
            pid = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
        except (OSError, ValueError):
            return False
        if pid == ancestor:
            return True
    return False


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate for clinic.test that signs itself, and its key."""
    folder = tmp_path_factory.mktemp("tls")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, _HOST)])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(_HOST)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "certificate.pem").write_bytes(signed.public_bytes(Encoding.PEM))
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "key.pem").write_bytes(private)
    return folder / "certificate.pem", folder / "key.pem"


@pytest.mark.long
def test_a_clinic_runs_heals_is_saved_and_comes_back(tmp_path: Path, certificate: tuple[Path, Path]) -> None:
    """One clinic for the whole story, because the first start makes a database."""
    clinic = Clinic(tmp_path / "clinic", _free_port(), *certificate)
    try:
        clinic.wait_for(lambda: "The clinic is open" in clinic.said())
        _check_what_it_says(clinic)
        _check_that_it_heals(clinic)
        saved = _check_that_it_can_be_saved(clinic, tmp_path)
        _check_that_nothing_outlives_it(clinic)
        clinic.start()
        clinic.wait_for(lambda: "The clinic is open" in clinic.said())
        _check_that_it_stops(clinic)
        _check_that_it_comes_back(clinic, saved, tmp_path)
    finally:
        clinic.process.terminate()
        clinic.process.wait(60)


def _check_what_it_says(clinic: Clinic) -> None:
    assert re.search(rf"https://{_HOST}:{clinic.port}/link/[\w-]{{40,}}", clinic.said())
    assert "not for patient care" in clinic.said()
    clinic.wait_for(clinic.answers)
    _, headers = clinic.get()
    assert int(re.findall(r"max-age=(\d+)", headers["strict-transport-security"])[0]) >= 31_536_000
    assert "__Host-" in headers["set-cookie"]
    assert "Secure" in headers["set-cookie"]
    again = _do("serve", "--data", clinic.folder, "--port", str(_free_port()))
    assert again.returncode == 1
    assert "is in use: the clinic at https" in again.stderr


def _check_that_it_heals(clinic: Clinic) -> None:
    """kill -9 of the database, the server, one of its processes, and the worker."""
    (database,) = clinic.pids("bin/postgres -D")
    os.kill(database, signal.SIGKILL)
    clinic.wait_for(lambda: clinic.pids("bin/postgres -D") not in ([], [database]))
    clinic.wait_for(clinic.answers)
    for which in (0, -1):
        before = clinic.pids("granian")
        os.kill(before[which], signal.SIGKILL)
        clinic.wait_for(lambda before=before: not set(before) & set(clinic.pids("granian")))
        clinic.wait_for(clinic.answers)
    (worker,) = clinic.pids("config.worker")
    os.kill(worker, signal.SIGKILL)
    clinic.wait_for(lambda: clinic.pids("config.worker") not in ([], [worker]))


def _check_that_it_can_be_saved(clinic: Clinic, tmp_path: Path) -> Path:
    done = _do("backup", "--data", clinic.folder, "--to", tmp_path / "saved")
    assert done.returncode == 0, done.stderr
    assert "Keep a copy away from this machine" in done.stdout
    (saved,) = (tmp_path / "saved").iterdir()
    return saved


def _check_that_nothing_outlives_it(clinic: Clinic) -> None:
    """kill -9 of the supervisor itself: what it started goes with it, and the port is free."""
    started = clinic.pids("")
    assert len(started) > 4
    clinic.process.kill()
    clinic.process.wait()
    end = time.monotonic() + 30
    while any(map(processes.command_line, started)) and time.monotonic() < end:
        time.sleep(0.1)
    assert [words for words in map(processes.command_line, started) if words] == []
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", clinic.port))


def _check_that_it_stops(clinic: Clinic) -> None:
    """Ctrl-C reaches the supervisor alone; nothing it started is left."""
    clinic.process.send_signal(signal.SIGINT)
    assert clinic.process.wait(60) == 0
    assert clinic.said().rstrip().endswith("Stopped.")
    assert clinic.pids("") == []


def _check_that_it_comes_back(clinic: Clinic, saved: Path, tmp_path: Path) -> None:
    key = clinic.folder / "backup-key"
    refused = _do("restore", saved, "--data", clinic.folder)
    assert refused.returncode == 1
    assert "nothing was changed. With --replace" in refused.stderr

    elsewhere = State(tmp_path / "elsewhere")
    done = _do("restore", saved, "--key", key, "--data", elsewhere.folder)
    assert done.returncode == 0, done.stderr
    assert "The audit chain holds" in done.stdout
    assert (elsewhere.folder / "secret-key").read_text() == (clinic.folder / "secret-key").read_text()

    replaced = _do("restore", saved, "--replace", "--data", clinic.folder)
    assert replaced.returncode == 0, replaced.stderr
    assert "is kept as euthymia_before_" in replaced.stdout
    postgres = EmbeddedPostgres(State(clinic.folder).postgres)
    with postgres as server, psycopg.connect(server.dsn("app")) as connection:
        # read as the application: its rights came back too
        assert connection.execute("SELECT count(*) FROM audit_auditentry").fetchone() != (0,)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "clinic.test"])
def test_no_address_but_loopback_without_tls(host: str, tmp_path: Path) -> None:
    done = _do("serve", "--host", host, "--data", tmp_path / "clinic")
    assert done.returncode == 1
    assert "Give --certificate and --key" in done.stderr
    assert not (tmp_path / "clinic").exists()


def test_a_busy_port_gets_a_sentence(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = _do("serve", "--port", str(port), "--data", tmp_path / "clinic")
    assert done.returncode == 1
    assert f"Port {port} is taken by another program. Choose another: ./run serve --port" in done.stderr


def test_certificates_that_will_not_do_get_sentences(tmp_path: Path, certificate: tuple[Path, Path]) -> None:
    good, key = certificate
    old = tmp_path / "old.pem"
    old.write_text("-----BEGIN EC {}-----\n".format("PRIVATE KEY"))
    for arguments, sentence in (
        (["--certificate", good], "belong together"),
        (["--certificate", key, "--key", key], "not a readable certificate"),
        (["--certificate", good, "--key", good], "not a readable private key"),
        (["--certificate", good, "--key", old], "not a readable private key"),
    ):
        done = _do("serve", *arguments, "--data", tmp_path / "clinic")
        assert done.returncode == 1
        assert sentence in done.stderr


def test_half_a_database_address_is_refused(tmp_path: Path) -> None:
    done = _do("serve", "--data", tmp_path / "clinic", DATABASE_URL="postgresql://somebody@/x?host=/nowhere")
    assert done.returncode == 1
    assert "belong together: set both, or neither" in done.stderr


def test_a_role_that_could_undo_the_protection_is_refused(tmp_path: Path) -> None:
    with EmbeddedPostgres(tmp_path / "postgres", fsync=False) as server:
        done = _do(
            "serve",
            *("--port", str(_free_port()), "--data", tmp_path / "clinic"),
            DATABASE_URL=server.dsn("superuser"),
            DATABASE_OWNER_URL=server.dsn("owner"),
        )
    assert done.returncode == 1
    assert "it must be no superuser" in done.stderr


def test_a_clinic_never_runs_on_a_demo(tmp_path: Path) -> None:
    state = State(tmp_path / "clinic")
    state.make()
    with EmbeddedPostgres(state.postgres) as server, psycopg.connect(server.dsn("owner")) as connection:
        connection.execute("CREATE TABLE django_migrations (id int)")
        database_facts.mark_demo(connection)
    done = _do("serve", "--port", str(_free_port()), "--data", state.folder)
    assert done.returncode == 1
    assert "was made by the demo" in done.stderr


def test_an_unwritable_folder_gets_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = _do("serve", "--port", str(_free_port()), "--data", tmp_path / "file" / "clinic")
    assert done.returncode == 1
    assert "Make it writable, or choose another folder with --data." in done.stderr
