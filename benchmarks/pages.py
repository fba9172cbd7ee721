"""How long the server takes for each page of the demo, against the limit of 100 ms at the median.

``python benchmarks/pages.py [--repeat 15]`` builds the demo in a database of its own, follows every link as every
role, and times one page of each kind in this process: everything but the network. It prints each page's median and
its ratio to the limit, the slowest last, and ends with status 1 when one is over.
"""

from __future__ import annotations

import argparse
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from euthymia.clinic.config.postgres import EmbeddedPostgres

if TYPE_CHECKING:
    from django.test import Client

LIMIT_MS = 100.0
STARTS = ("/board/", "/schedule/", "/patients/", "/courses/", "/tasks/", "/account/", "/staff/", "/system/")
_VARIABLE = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|\d{4}-\d{2}-\d{2}|(?<=/)\d+(?=/)")
_LINK = re.compile(r'(?:href|hx-get)="(/[^"#?]*)')


def main() -> int:
    """Build, crawl, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeat", type=int, default=15, help="how often each page is asked for")
    repeat = parser.parse_args().repeat
    with tempfile.TemporaryDirectory() as folder, EmbeddedPostgres(Path(folder) / "postgres") as server:
        _prepare(server)
        medians = {page: _median(client, page, repeat) for client, page in _pages()}
    return _report(medians)


def _prepare(server: EmbeddedPostgres) -> None:
    """Make the tables as the owner and the demo as the application, then become the application."""
    os.environ |= {
        "EUTHYMIA_MODE": "test",
        "DATABASE_URL": server.dsn("app", "euthymia"),
        "DATABASE_OWNER_URL": server.dsn("owner", "euthymia"),
        "DJANGO_SETTINGS_MODULE": "euthymia.clinic.config.settings",
    }
    manage = [sys.executable, "-m", "euthymia.clinic.config.manage"]
    owner = {**os.environ, "EUTHYMIA_DB_ROLE": "owner"}
    subprocess.run([*manage, "migrate", "--verbosity", "0"], env=owner, check=True)
    started = time.monotonic()
    subprocess.run([*manage, "demo", "--refresh"], check=True, stdout=subprocess.DEVNULL)
    print(f"The demo was built in {time.monotonic() - started:.0f} s.")
    import django

    django.setup()


def _pages() -> Iterator[tuple[Client, str]]:
    """One page of every kind that anybody can reach, with a browser that may open it."""
    from django.test import Client

    from euthymia.clinic.access.models import User
    from euthymia.clinic.config.demo.cast import MAIN_CLINIC

    seen: set[str] = set()
    for user in User.objects.filter(clinic__name=MAIN_CLINIC).order_by("email"):
        client = Client(HTTP_HOST="localhost")
        client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
        waiting = list(STARTS)
        while waiting:
            page = waiting.pop(0)
            if _kind(page) in seen:
                continue
            answer = client.get(page)
            if answer.status_code != 200 or "text/html" not in answer["Content-Type"]:
                continue
            seen.add(_kind(page))
            waiting += [link for link in _LINK.findall(answer.content.decode()) if _kind(link) not in seen]
            yield client, page


def _kind(page: str) -> str:
    return _VARIABLE.sub("…", page)


def _median(client: Client, page: str, repeat: int) -> float:
    """Milliseconds for one page; the first call, which loads templates, is not counted."""
    client.get(page)
    times = []
    for _ in range(repeat):
        started = time.perf_counter()
        client.get(page)
        times.append((time.perf_counter() - started) * 1000)
    return statistics.median(times)


def _report(medians: dict[str, float]) -> int:
    for page, median in sorted(medians.items(), key=lambda entry: entry[1]):
        print(f"{median:7.1f} ms  ratio {median / LIMIT_MS:4.2f}  {_kind(page)}")
    slowest = max(medians.values())
    print(f"{len(medians)} pages; the slowest takes {slowest / LIMIT_MS:.2f} of the {LIMIT_MS:.0f} ms limit.")
    return 1 if slowest > LIMIT_MS else 0


if __name__ == "__main__":
    sys.exit(main())
