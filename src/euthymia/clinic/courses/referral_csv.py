"""Reads referrals out of a CSV file: every line that cannot be taken says so in a sentence, with its number."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from euthymia.clinic.courses.incoming import Incoming
from euthymia.clinic.courses.referral_forms import IncomingForm
from euthymia.evidence import referral_limit


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the file: its heading, whether each line must fill it, and what goes in."""

    name: str
    required: bool
    meaning: str


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong, in a sentence. ``line`` is the line of the file, None where it is the file as a whole."""

    line: int | None
    sentence: str


@dataclass(frozen=True, slots=True)
class Line:
    """One line that can be taken."""

    number: int
    incoming: Incoming


@dataclass(frozen=True, slots=True)
class Sheet:
    """A file as it was read. It may be imported when there is no problem in it."""

    lines: tuple[Line, ...]
    problems: tuple[Problem, ...]


COLUMNS = (
    Column("referrer_name", True, "Who refers"),
    Column("organisation", False, "Practice or hospital"),
    Column("referrer_phone", False, "The referrer’s telephone"),
    Column("referred_on", True, "Date of the referral, as 2026-11-23"),
    Column("given_name", True, "The patient’s given name"),
    Column("family_name", True, "The patient’s family name"),
    Column("birth_date", True, "Date of birth, as 1980-05-31"),
    Column("sex", False, "female, male, other or unknown; empty is unknown"),
    Column("phone", False, "The patient’s telephone"),
    Column("email", False, "The patient’s e-mail address"),
    Column("address", False, "The patient’s address"),
    Column("identifier", False, "The referrer’s number for the patient"),
    Column("reason", True, "Why the patient is referred"),
    Column("diagnosis", False, "The diagnosis in words"),
    Column("diagnosis_code", False, "Its code"),
    Column("diagnosis_system", False, "The system of the code, as ICD-10"),
    Column("urgency", True, "routine, soon or urgent"),
    Column("suicidal_thoughts", False, "yes, no or not said; empty is not said"),
    Column("medicines", False, "Current medicines"),
    Column("past_antidepressants", False, "Antidepressants tried before"),
)
_NAMES = tuple(column.name for column in COLUMNS)
_WHEN_EMPTY = {"sex": "unknown", "suicidal_thoughts": "not said"}
_LOWERED = ("sex", "urgency", "suicidal_thoughts")
_MOST_COLUMNS = 100  # ours: a table of another kind, or a file made to exhaust us, has more
_MOST_PROBLEMS = 100  # ours: whoever has more corrects these first


def template() -> str:
    """The first line of a file, to be filled in below."""
    return ",".join(_NAMES) + "\r\n"


def read(data: bytes, today: date) -> Sheet:
    """Read a file of UTF-8 text, with commas or semicolons. Never raises: what is wrong is in the answer."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return _unreadable("This file is not UTF-8 text. Save it as “CSV UTF-8” and choose it again.")
    if "\x00" in text:
        return _unreadable("This is not a text file. Save the table as “CSV UTF-8” and choose it again.")
    first = text.split("\n", 1)[0]
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=";" if first.count(";") > first.count(",") else ","
    )
    try:
        rows = list(_numbered(reader))
    except csv.Error:
        return _unreadable(
            f"Line {reader.line_num} cannot be read as CSV. A quotation mark may be open, or a cell far too long."
        )
    return _sheet(rows, today)


def _numbered(reader: Iterator[list[str]]) -> Iterator[tuple[int, list[str]]]:
    """Each row that holds anything, with the line it begins on: a quoted cell may run over several."""
    begins = 1
    for row in reader:
        if any(cell.strip() for cell in row):
            yield begins, row
        begins = reader.line_num + 1  # type: ignore[attr-defined]


def _sheet(rows: list[tuple[int, list[str]]], today: date) -> Sheet:
    if not rows:
        return _unreadable("This file is empty.")
    header = [cell.strip().lower() for cell in rows[0][1]]
    if problems := tuple(_wrong_header(header)):
        return Sheet((), problems)
    most = referral_limit("file", "most_rows")
    if len(rows) - 1 > most:
        return _unreadable(
            f"This file has {len(rows) - 1} lines; {most} are read at once. Import it in parts."
        )
    if len(rows) == 1:
        return _unreadable("Below the headings this file has no line.")
    lines: list[Line] = []
    problems_found: list[Problem] = []
    seen: dict[str, int] = {}
    for number, cells in rows[1:]:
        incoming, wrong = _line(header, cells, today)
        problems_found += [Problem(number, sentence) for sentence in wrong]
        if incoming is None:
            continue
        earlier = seen.setdefault(incoming.import_key, number)
        if earlier != number:
            problems_found.append(
                Problem(number, f"This line is the same as line {earlier}. Take one of them out.")
            )
        lines.append(Line(number, incoming))
    if len(problems_found) > _MOST_PROBLEMS:
        more = f"There are {len(problems_found) - _MOST_PROBLEMS} more problems. Correct these first."
        problems_found = [*problems_found[:_MOST_PROBLEMS], Problem(None, more)]
    return Sheet(tuple(lines), tuple(problems_found))


def _wrong_header(header: list[str]) -> Iterator[Problem]:
    if len(header) > _MOST_COLUMNS:
        yield Problem(None, f"The first line has {len(header)} columns. The headings are in the template.")
        return
    for name, times in Counter(header).items():
        if name and name not in _NAMES:
            yield Problem(None, f"There is no column “{name[:60]}”. The headings are in the template.")
        if times > 1:
            yield Problem(None, f"The column “{name[:60] or 'without a heading'}” is there more than once.")
    missing = [column.name for column in COLUMNS if column.required and column.name not in header]
    if missing:
        yield Problem(
            None, f"The first line lacks the column{'s' * (len(missing) > 1)} {', '.join(missing)}."
        )


def _line(header: list[str], cells: list[str], today: date) -> tuple[Incoming | None, list[str]]:
    if len(cells) > len(header) and any(cell.strip() for cell in cells[len(header) :]):
        return None, [
            f"It has {len(cells)} cells and the headings are {len(header)}. "
            "A comma within a cell needs quotation marks around the cell."
        ]
    given = {name: cell.strip() for name, cell in zip(header, cells, strict=False) if name}
    for name in _LOWERED:
        given[name] = given.get(name, "").lower() or _WHEN_EMPTY.get(name, "")
    form = IncomingForm(given, today=today)
    if form.is_valid():
        return form.incoming(), []
    return None, [
        f"{name}: {sentence}" if name in _NAMES else str(sentence)
        for name, sentences in form.errors.items()
        for sentence in sentences
    ]


def _unreadable(sentence: str) -> Sheet:
    return Sheet((), (Problem(None, sentence),))
