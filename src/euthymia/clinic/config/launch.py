"""What every way of running shares: which database, which environment for which child, which address."""

from __future__ import annotations

import errno
import ipaddress
import os
import socket
import ssl
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from psycopg.conninfo import conninfo_to_dict

from euthymia.clinic.config.postgres import DatabaseError, EmbeddedPostgres
from euthymia.clinic.config.state import State
from euthymia.clinic.config.supervisor import Child

_WORKERS, _THREADS = 2, 8
_ENCRYPTED = ("require", "verify-ca", "verify-full")


class LaunchError(Exception):
    """It cannot run as asked; the message is a sentence for the operator."""


@dataclass(frozen=True, slots=True)
class Database:
    """The addresses of one database for its two roles; ``embedded`` when it is ours to run."""

    app_url: str
    owner_url: str
    embedded: EmbeddedPostgres | None


@dataclass(frozen=True, slots=True)
class Address:
    """Where the server listens, and under which names it may be asked for."""

    host: str
    port: int
    certificate: Path | None = None
    key: Path | None = None
    names: tuple[str, ...] = ()

    @property
    def url(self) -> str:
        """What to type into a browser."""
        name = next((name for name in self.names if not name.startswith(".")), self.host)
        shown = f"[{name}]" if ":" in name else name
        return f"{'https' if self.certificate else 'http'}://{shown}:{self.port}"


_LAST_PORT = 65_535


def chosen_address(host: str, port: int, certificate: Path | None, key: Path | None) -> Address:
    """Check host, port and certificate together.

    Raises LaunchError for a port there is none of, and for plain HTTP on anything but loopback.
    """
    if not 1 <= port <= _LAST_PORT:
        raise LaunchError(f"There is no port {port}. Choose one from 1 to {_LAST_PORT}, such as --port 8000.")
    if (certificate is None) != (key is None):
        raise LaunchError("--certificate and --key belong together: give both, or neither.")
    if certificate is None or key is None:
        if not _is_loopback(host):
            raise LaunchError(
                f"{host} is reachable from other machines, and patients' data never travel unencrypted. "
                "Give --certificate and --key, or leave --host out to listen on this machine alone."
            )
        return Address(host, port)
    names = _names_in(certificate)
    _check_key(key)
    named = () if _is_wildcard(host) else (host,)
    return Address(host, port, certificate.resolve(), key.resolve(), (*names, *named))


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _is_wildcard(host: str) -> bool:
    return host in ("0.0.0.0", "::", "")  # noqa: S104  # recognised, not bound


def _names_in(certificate: Path) -> tuple[str, ...]:
    """The host names a certificate speaks for; ``*.x`` becomes ``.x``, as Django writes it."""
    try:
        parsed = x509.load_pem_x509_certificate(certificate.read_bytes())
        names = parsed.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound as error:
        raise LaunchError(
            f"{certificate} names no host (subjectAltName): browsers would refuse it."
        ) from error
    except (OSError, ValueError) as error:
        raise LaunchError(f"{certificate} is not a readable certificate in PEM format.") from error
    hosts = [name.removeprefix("*") for name in names.get_values_for_type(x509.DNSName)]
    return (*hosts, *(str(address) for address in names.get_values_for_type(x509.IPAddress)))


def _check_key(key: Path) -> None:
    try:
        contents = key.read_bytes()
        load_pem_private_key(contents, password=None)
    except (OSError, ValueError, TypeError) as error:
        raise LaunchError(
            f"{key} is not a readable private key in PEM format without a passphrase."
        ) from error
    if b"-----BEGIN %s-----" % b"PRIVATE KEY" not in contents:
        raise LaunchError(
            f"{key} is in an older format. Convert it: openssl pkcs8 -topk8 -nocrypt -in {key} -out {key}.pk8"
        )


def check_port(address: Address, again: str) -> None:
    """Raise LaunchError when nothing can listen there now; ``again`` is the command to repeat."""
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address.host, address.port))
        except (OSError, OverflowError) as error:
            raise LaunchError(_why_not(error, address, again)) from error


def _why_not(error: Exception, address: Address, again: str) -> str:
    number = getattr(error, "errno", None)
    if number == errno.EADDRINUSE:
        free = f"{again} --port {address.port + 1}"
        return f"Port {address.port} is taken by another program. Choose another: {free}"
    if number == errno.EACCES:
        return f"Port {address.port} is reserved for root. Choose one above 1023: {again} --port 8443"
    return f"Cannot listen on {address.host}, port {address.port}: {error}. Choose another --host or --port."


@contextmanager
def database(state: State, *, running: bool) -> Iterator[Database]:
    """The database to use: the one in DATABASE_URL and DATABASE_OWNER_URL, or the embedded one.

    ``running`` starts the embedded server for as long as the block lasts and refuses to share it; otherwise
    a server that runs already is used.
    """
    app_url, owner_url = os.environ.get("DATABASE_URL"), os.environ.get("DATABASE_OWNER_URL")
    if app_url and owner_url:
        _check_encrypted("DATABASE_URL", app_url)
        _check_encrypted("DATABASE_OWNER_URL", owner_url)
        yield Database(app_url, owner_url, None)
        return
    if app_url or owner_url:
        raise LaunchError(
            "DATABASE_URL (the application's role) and DATABASE_OWNER_URL (the owner, for migrations) "
            "belong together: set both, or neither to use the embedded database."
        )
    with embedded(state, running=running) as server:
        yield Database(server.dsn("app"), server.dsn("owner"), server)


def _check_encrypted(name: str, url: str) -> None:
    """Raise LaunchError for a database on another machine that may be spoken to in the clear.

    PostgreSQL's client encrypts when it can, and goes on without when it is told that the server cannot.
    """
    try:
        fields = conninfo_to_dict(url)
    except psycopg.Error as error:
        raise LaunchError(f"{name} is not the address of a PostgreSQL database: {error}") from error
    named = f"{fields.get('host') or ''},{fields.get('hostaddr') or ''}".split(",")
    if all(_is_loopback(host) for host in named if host and not host.startswith("/")) or (
        fields.get("sslmode") in _ENCRYPTED
    ):
        return
    raise LaunchError(
        f"The database in {name} is on another machine, and patients' data never travel unencrypted. "
        "Add sslmode=verify-full to the address (with sslrootcert=FILE for a certificate of your own)."
    )


@contextmanager
def embedded(state: State, *, running: bool) -> Iterator[EmbeddedPostgres]:
    """The embedded server of a state folder, started for the block, or shared where it runs already."""
    server = EmbeddedPostgres(state.postgres)
    try:
        with server if running else server.available():
            yield server
    except DatabaseError as error:
        raise LaunchError(str(error)) from error


def environment(mode: str, state: State, address: Address | None, app_url: str) -> dict[str, str]:
    """The environment of everything that runs as the application's role; the owner's address is not in it."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("DATABASE_", "EUTHYMIA_DB_ROLE", "EUTHYMIA_BACKUP_", "GRANIAN_"))
    }
    kept |= {"EUTHYMIA_MODE": mode, "EUTHYMIA_STATE": str(state.folder), "DATABASE_URL": app_url}
    if address is not None:
        kept["EUTHYMIA_TLS"] = "1" if address.certificate else "0"
        kept["EUTHYMIA_HOSTS"] = ",".join(dict.fromkeys(address.names))
    return kept


def owner_environment(env: dict[str, str], owner_url: str) -> dict[str, str]:
    """The same for the few steps that the owner takes."""
    return {**env, "DATABASE_OWNER_URL": owner_url, "EUTHYMIA_DB_ROLE": "owner"}


def module(name: str, *arguments: str) -> list[str]:
    """The command that runs one of our modules under this Python."""
    return [sys.executable, "-m", f"euthymia.clinic.config.{name}", *arguments]


def children(address: Address, env: dict[str, str]) -> Sequence[Child]:
    """Server and worker."""
    granian = [sys.executable, "-m", "granian", "--interface", "wsgi", "--no-ws", "--log-level", "error"]
    granian += ["--host", address.host, "--port", str(address.port)]
    granian += [
        "--workers",
        str(_WORKERS),
        "--blocking-threads",
        str(_THREADS),
        "--workers-kill-timeout",
        "10",
    ]
    if address.certificate and address.key:
        granian += ["--ssl-certificate", str(address.certificate), "--ssl-keyfile", str(address.key)]
        granian += ["--ssl-protocol-min", "tls1.2"]
    granian += ["euthymia.clinic.config.serving:application"]
    # numerical libraries start a thread for each core in every process; the worker does one thing at a time
    calm = {**env, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    return [
        Child("server", granian, env, grace_s=15.0, patience=5),
        Child("worker", module("worker"), calm, grace_s=15.0, patience=None),
    ]


def answers(address: Address) -> bool:
    """Whether the server serves pages by now."""
    host = "127.0.0.1" if _is_wildcard(address.host) else address.host
    shown = f"[{host}]" if ":" in host else host
    url = f"{'https' if address.certificate else 'http'}://{shown}:{address.port}/"
    trusting = ssl.create_default_context()
    trusting.check_hostname, trusting.verify_mode = (
        False,
        ssl.CERT_NONE,
    )  # it is our own server, asked locally
    try:
        urllib.request.urlopen(url, timeout=5, context=trusting).close()  # noqa: S310  # our own address
    except urllib.error.HTTPError as error:
        return error.code < 500
    except OSError:
        return False
    return True
