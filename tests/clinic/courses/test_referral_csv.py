"""Referrals out of CSV files: each line that cannot be taken says so with its number, and nothing is raised."""

from __future__ import annotations

import csv
import io
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from euthymia.clinic.courses import referral_csv
from euthymia.clinic.courses.referral_csv import COLUMNS, read

TODAY = date(2026, 11, 21)
GOOD = {
    "referrer_name": "Dr Ada Quill",
    "organisation": "Oak Practice",
    "referrer_phone": "+1 555 0177",
    "referred_on": "2026-11-18",
    "given_name": "Mia",
    "family_name": "Łoś",
    "birth_date": "1980-05-31",
    "sex": "Female",
    "reason": "Two drugs did not help,\nand a third neither",
    "urgency": "Urgent",
    "suicidal_thoughts": "yes",
}


def written(*rows: dict[str, str], delimiter: str = ",", headings: tuple[str, ...] | None = None) -> bytes:
    names = headings or tuple(column.name for column in COLUMNS)
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, names, delimiter=delimiter, extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


@pytest.mark.parametrize("delimiter", [",", ";"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_a_good_file_is_read_whichever_office_wrote_it(delimiter: str, mark: bytes):
    sheet = read(mark + written(GOOD, delimiter=delimiter), TODAY)
    assert sheet.problems == ()
    (line,) = sheet.lines
    assert line.number == 2
    given_ = line.incoming
    assert (given_.family_name, given_.sex, given_.urgency, given_.suicidal_thoughts) == (
        "Łoś",
        "female",
        "urgent",
        "yes",
    )
    assert given_.reason == "Two drugs did not help,\nand a third neither"


def test_the_template_has_the_headings_that_are_read():
    sheet = read(referral_csv.template().encode() + written(GOOD).split(b"\r\n", 1)[1], TODAY)
    assert len(sheet.lines) == 1
    assert sheet.problems == ()


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"birth_date": "31/05/1980"}, "birth_date: Enter a date of birth that exists, as 1980-05-31."),
        ({"birth_date": "1980-02-30"}, "birth_date: Enter a date of birth that exists"),
        ({"birth_date": "2027-01-01"}, "birth_date: The date of birth lies in the future"),
        ({"birth_date": "1780-01-01"}, "birth_date: This would make the patient 246 years old"),
        ({"referred_on": "2026-12-01"}, "referred_on: The date of the referral lies in the future"),
        ({"family_name": ""}, "family_name: Enter the patient’s family name."),
        ({"urgency": "asap"}, "urgency: “asap” is no answer here. Say how soon: routine, soon or urgent."),
        ({"urgency": ""}, "urgency: Say how soon"),
        ({"email": "nowhere"}, "email: Enter a valid email address"),
    ],
)
def test_a_line_that_cannot_be_taken_says_which_and_why(changed: dict[str, str], sentence: str):
    sheet = read(written(GOOD, GOOD | {"given_name": "Other"} | changed), TODAY)
    (problem,) = sheet.problems
    assert problem.line == 4  # the reason of the line before runs over two lines of the file
    assert problem.sentence.startswith(sentence)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "This file is empty."),
        (b"\xff\xfe\x00", "not UTF-8"),
        (b"a\x00b", "not a text file"),
        (b"given_name,given_name\r\n", "more than once"),
        (b"given_name,shoe_size\r\n", "There is no column “shoe_size”"),
        (b"given_name\r\nMia\r\n", "lacks the columns referrer_name"),
        (written(), "has no line"),
        (written(*[GOOD] * 501), "501 lines; 500 are read at once"),
        (written(GOOD, GOOD), "the same as line 2"),
        (written(GOOD).rstrip() + b",,,,,,,,,one,cell,too,many\r\n", "cells and the headings are"),
    ],
)
def test_a_file_that_cannot_be_taken_says_why(data: bytes, sentence: str):
    assert any(sentence in each.sentence for each in read(data, TODAY).problems)


def test_the_same_line_is_the_same_import_however_its_line_ends_are_written():
    (one,) = read(written(GOOD), TODAY).lines
    (other,) = read(written(GOOD | {"reason": GOOD["reason"].replace("\n", "\r\n")}), TODAY).lines
    assert one.incoming.import_key == other.incoming.import_key
    (third,) = read(written(GOOD | {"reason": "Another"}), TODAY).lines
    assert third.incoming.import_key != one.incoming.import_key


@settings(max_examples=150, deadline=None)
@given(data=st.binary(max_size=300) | st.text(max_size=300).map(lambda text: text.encode("utf-8", "replace")))
def test_reading_any_bytes_answers_and_never_raises(data: bytes):
    assert read(data, TODAY).problems


@settings(max_examples=150, deadline=None)
@given(cells=st.dictionaries(st.sampled_from([column.name for column in COLUMNS]), st.text(max_size=20)))
def test_any_cells_are_taken_whole_or_refused_with_the_line(cells: dict[str, str]):
    sheet = read(written(GOOD | cells), TODAY)
    assert bool(sheet.lines) != bool(sheet.problems)
    assert all(each.line == 2 or each.line is None for each in sheet.problems)
    for line in sheet.lines:
        for name in ("given_name", "medicines", "diagnosis"):
            wanted = (GOOD | cells).get(name, "").strip()
            assert getattr(line.incoming, name) == "\n".join(wanted.splitlines())


# --- files that were made to exhaust us --------------------------------------------------------------------
def test_a_table_of_endless_columns_is_refused_at_once():
    """Comparing each heading with every other one took minutes for a file that is within its size."""
    headings = ",".join(f"{number:x}" for number in range(150_000)).encode()
    (problem,) = read(headings, TODAY).problems
    assert "150000 columns" in problem.sentence


def test_of_very_many_problems_the_first_are_told():
    sheet = read(written(*[GOOD | {"birth_date": "x", "urgency": "x"}] * 100), TODAY)
    assert len(sheet.problems) == 101
    assert "100 more problems" in sheet.problems[-1].sentence
