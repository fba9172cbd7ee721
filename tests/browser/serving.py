"""A clinic to open in a browser: a copy of the demo, on the real server, with a movable clock."""

from __future__ import annotations

import datetime as dt
import json
import os
import socket
import ssl
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo

import psycopg
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

ROOT = Path(__file__).resolve().parents[2]
HOST = "euthymia.test"
UP_WITHIN_S = 180.0


@dataclass
class ServedClinic:
    """One served clinic. ``email`` of a role comes from the demo; ``advance`` moves the server's clock."""

    url: str
    sign_ins: Mapping[str, Mapping[str, str]]
    zone: ZoneInfo
    _offset: Path
    _spent: dict[str, int] = field(default_factory=dict)

    def advance(self, **span: float) -> None:
        """Let time pass for the server, for example ``advance(minutes=40)``."""
        moved = float(self._offset.read_text()) + dt.timedelta(**span).total_seconds()
        self._offset.write_text(str(moved))

    @property
    def now(self) -> dt.datetime:
        """The server's present."""
        return dt.datetime.now(dt.UTC) + dt.timedelta(seconds=float(self._offset.read_text()))

    @property
    def local(self) -> dt.datetime:
        """The server's present by the clinic's clock, as people type it."""
        return self.now.astimezone(self.zone)

    def code(self, email: str) -> str:
        """A one-time code that was not used yet: where the present one was, time passes to the next."""
        from allauth.mfa.totp.internal import auth as totp

        step = int(self.now.timestamp()) // 30
        if step <= self._spent.get(email, 0):
            self.advance(seconds=(self._spent[email] - step + 1) * 30)
            step = int(self.now.timestamp()) // 30
        self._spent[email] = step
        return totp.format_hotp_value(totp.hotp_value(self.sign_ins[email]["secret"], step))


def environment(database_url: str, **more: str) -> dict[str, str]:
    """The environment of a process of ours that works on one database, as the application's role."""
    dropped = ("DATABASE_", "EUTHYMIA_", "DJANGO_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
    return (
        kept
        | {
            "EUTHYMIA_MODE": "test",
            "DATABASE_URL": database_url,
            "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}",
            "DJANGO_SETTINGS_MODULE": "euthymia.clinic.config.settings",
        }
        | more
    )


@contextmanager
def served(database_url: str, folder: Path, sign_ins: Path, *, tls: bool = False) -> Iterator[ServedClinic]:
    """Serve a database for as long as the block lasts, over TLS under a name of its own if asked.

    ``sign_ins`` is what ``manage demo --sign-ins --json`` printed of the demo that the database is a copy of.
    """
    port = _free_port()
    offset = folder / "clock"
    offset.write_text("0")
    env = environment(
        database_url,
        EUTHYMIA_TEST_CLOCK=str(offset),
        EUTHYMIA_STATE=str(folder),
        EUTHYMIA_TLS="1" if tls else "0",
        EUTHYMIA_HOSTS=HOST,
    )
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--no-ws", "--log-level", "warning"]
    command += ["--host", "127.0.0.1", "--port", str(port), "--workers", "1", "--blocking-threads", "4"]
    if tls:
        certificate, key = self_signed(folder)
        command += ["--ssl-certificate", str(certificate), "--ssl-keyfile", str(key)]
    command.append("tests.browser.application:application")
    url = f"https://{HOST}:{port}" if tls else f"http://localhost:{port}"
    people = {entry["email"]: entry for entry in json.loads(sign_ins.read_text())}
    with (folder / "server.log").open("w") as log:
        process = subprocess.Popen(command, env=env, cwd=ROOT, stdout=log, stderr=log)
        try:
            _wait_for(port, tls, process, folder / "server.log")
            yield ServedClinic(url, people, _zone(database_url), offset)
        finally:
            process.terminate()
            try:
                process.wait(timeout=60)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@contextmanager
def worked(database_url: str, folder: Path) -> Iterator[None]:
    """Let the worker do its jobs on a served database for as long as the block lasts, by the real clock."""
    env = environment(database_url, EUTHYMIA_STATE=str(folder))
    module = [sys.executable, "-m", "euthymia.clinic.config.worker"]
    with (folder / "worker.log").open("w") as log:
        process = subprocess.Popen(module, env=env, cwd=ROOT, stdout=log, stderr=log)
        try:
            yield
        finally:
            process.kill()  # it may be in the middle of a long computation
            process.wait()


def _zone(database_url: str) -> ZoneInfo:
    with psycopg.connect(database_url) as connection:
        found = connection.execute("SELECT time_zone FROM access_clinic").fetchone()
    assert found is not None
    return ZoneInfo(found[0])


def self_signed(folder: Path) -> tuple[Path, Path]:
    """A certificate for the test's host name, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    paths = folder / "certificate.pem", folder / "key.pem"
    paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return paths


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(port: int, tls: bool, process: subprocess.Popen[bytes], log: Path) -> None:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    url = f"{'https' if tls else 'http'}://127.0.0.1:{port}/sign-in/"
    deadline = time.monotonic() + UP_WITHIN_S
    while time.monotonic() < deadline:
        assert process.poll() is None, f"The server ended:\n{log.read_text()}"
        with suppress(OSError):
            urllib.request.urlopen(url, timeout=10, context=context).close()
            return
        time.sleep(0.1)
    raise AssertionError(f"The server did not answer within {UP_WITHIN_S:.0f} s:\n{log.read_text()}")
