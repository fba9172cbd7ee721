"""The gallery, served from the test's own process: it reads no row, so it needs no database."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator
from socketserver import ThreadingMixIn
from typing import TYPE_CHECKING, Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that goes away in the middle of an answer is no failure of ours."""


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture(scope="session")
def gallery_address() -> Iterator[str]:
    """The address of the gallery, served until the session ends."""
    from django.core.wsgi import get_wsgi_application
    from django.test import override_settings

    # Without a database, what was saved is told by a session that travels with the browser.
    with (
        warnings.catch_warnings(),
        override_settings(SESSION_ENGINE="django.contrib.sessions.backends.signed_cookies"),
    ):
        warnings.simplefilter(
            "ignore", UserWarning
        )  # whitenoise: static files are found, not collected, in tests
        application = get_wsgi_application()
    with make_server("127.0.0.1", 0, application, _Server, _Quiet) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/gallery/"
        server.shutdown()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page at the size of a tablet held upright, in a context of its own."""
    context = browser.new_context(viewport={"width": 820, "height": 1180})
    context.set_default_timeout(45_000)
    yield context.new_page()
    context.close()
