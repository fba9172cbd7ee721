"""What goes into the log when something fails: where, and nothing of what was in a record."""

from __future__ import annotations

import logging
import sys
from uuid import uuid4

import pytest
from django.db import IntegrityError

from euthymia.clinic.audit import origin
from euthymia.clinic.config.logs import PlainFormatter

SECRET = "Imke Quillfeather, 56 mg"


def fail() -> None:
    try:
        raise ValueError(SECRET)
    except ValueError as problem:
        raise IntegrityError(f"Key (name)=({SECRET}) already exists") from problem


def written(message: str = "It failed", *arguments: object) -> str:
    try:
        fail()
    except IntegrityError:
        record = logging.LogRecord("room", logging.ERROR, "f.py", 1, message, arguments, sys.exc_info())
    return PlainFormatter().format(record)


def test_it_says_where_and_what_kind():
    text = written()
    assert "ERROR room It failed" in text
    assert "test_logs.py" in text
    assert "IntegrityError after ValueError" in text


def test_it_holds_nothing_of_a_record():
    assert "Quillfeather" not in written()


def test_text_that_another_handler_kept_is_not_used():
    record = logging.LogRecord("room", logging.ERROR, "f.py", 1, "x", (), None)
    record.exc_text = SECRET
    assert "Quillfeather" not in PlainFormatter().format(record)


def test_one_time_links_are_struck_out():
    text = written("Internal Server Error: %s", "/link/Xk3-token_9/")
    assert "Xk3" not in text
    assert "/link/…/" in text


@pytest.mark.parametrize(
    "path", ["/refer/Xk3-token_9/", "/refer/sent/Xk3:1:x/", "/q/Xk3-token_9/", "/home/Xk3-token_9/"]
)
def test_so_are_the_links_that_referrers_write_by_and_patients_hold(path):
    text = written("Internal Server Error: %s", path)
    assert "Xk3" not in text
    assert "/…/" in text


def test_the_request_is_named():
    request_id = uuid4()
    with origin.of(origin.Origin(request_id)):
        assert f"[{request_id}]" in written()


@pytest.mark.parametrize(
    "name", ["django.request", "django.security.csrf", "euthymia.clinic.config.middleware"]
)
def test_every_logger_writes_through_it(name):
    logger = logging.getLogger(name)
    seen = []
    while logger:
        seen += [type(handler.formatter) for handler in logger.handlers if handler.formatter]
        logger = logger.parent if logger.propagate else None
    assert PlainFormatter in seen
