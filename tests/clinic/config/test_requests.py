"""What is sent to the server, by anybody: how much of it is taken, and that nothing of it lands in a folder."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.sessions.exceptions import SessionInterrupted
from django.core.files.uploadedfile import InMemoryUploadedFile, SimpleUploadedFile
from django.core.handlers.exception import response_for_exception
from django.test import Client, RequestFactory
from django.urls import reverse

MOST = settings.LARGEST_REQUEST_BYTES


@pytest.mark.parametrize("path", ["/sign-in/", "/refer/anything/", "/nowhere/", "/static/x"])
def test_more_than_any_page_takes_is_refused_before_it_is_read(path: str) -> None:
    """A file that came with a form, from nobody signed in too, was written to the disk whatever its size."""
    response = Client().generic(
        "POST", path, b"x" * (MOST + 1), content_type="multipart/form-data; boundary=b"
    )
    assert response.status_code == 413
    assert response["Cache-Control"] == "no-store, private"
    assert "Content-Security-Policy" in response
    assert b"Nothing was saved" in response.content


@pytest.mark.parametrize("said", ["9" * 40, "-1", "1e9", "x"])
def test_a_length_that_is_none_is_refused(said: str) -> None:
    assert Client().get("/sign-in/", CONTENT_LENGTH=said).status_code == 413


def test_a_file_stays_in_memory() -> None:
    sent = {"file": SimpleUploadedFile("r.csv", b"x" * 3_500_000)}
    request = RequestFactory().post(reverse("courses:import_csv"), sent)
    assert isinstance(request.FILES["file"], InMemoryUploadedFile)


# --- what a server without a mode would be -----------------------------------------------------------------
def _run(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("EUTHYMIA_", "DATABASE_"))
    }
    kept["DJANGO_SETTINGS_MODULE"] = "euthymia.clinic.config.settings"
    kept["PYTHONPATH"] = str(Path(settings.CONFIG).parents[2])
    return subprocess.run(
        [sys.executable, "-c", code], env=kept | environment, capture_output=True, text=True, check=False
    )


def test_nothing_is_served_where_nobody_said_what_it_is() -> None:
    done = _run("import euthymia.clinic.config.wsgi")
    assert done.returncode != 0
    assert "Nothing is served without EUTHYMIA_MODE" in done.stderr


def test_a_mode_there_is_none_of_is_refused() -> None:
    done = _run("from django.conf import settings; settings.DEBUG", EUTHYMIA_MODE="server")
    assert "EUTHYMIA_MODE is demo, serve or test" in done.stderr


def test_without_a_mode_nobody_knows_the_key() -> None:
    key = "from django.conf import settings; print(settings.SECRET_KEY)"
    first, second = _run(key).stdout, _run(key).stdout
    assert len({first, second, settings.SECRET_KEY + "\n"}) == 3


def test_a_session_that_could_not_be_kept_says_that_the_work_may_be_saved() -> None:
    """The database died after the work and before the answer: “nothing was saved” would be a guess."""
    answer = response_for_exception(RequestFactory().post("/"), SessionInterrupted("The session is gone."))
    assert answer.status_code == 500
    assert "may or may not be saved" in answer.content.decode()
