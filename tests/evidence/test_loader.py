"""The loader lets no value in without its unit, its source and how it is known."""

import pytest

from euthymia.evidence import EvidenceError, Known, Source, Sourced, content_hash, parse_rows, parse_sourced

SOURCES = {"otto-2021": Source("otto-2021", "A title", "a doi")}
WHOLE = 'CL = { value = 95.2, unit = "L/h", source = "otto-2021", known = "secondary" }'


def parse(text):
    return parse_sourced(text, "file.toml", SOURCES)


def test_a_whole_value_is_read_with_everything_it_carries():
    assert parse("[parameters]\n" + WHOLE).table("parameters").number("CL") == Sourced(
        95.2, "L/h", "otto-2021", Known.SECONDARY
    )


@pytest.mark.parametrize("field", ["unit", "source", "known"])
def test_a_value_that_lacks_a_field_is_refused_by_file_key_and_field(field):
    kept = {"value": "95.2", "unit": '"L/h"', "source": '"otto-2021"', "known": '"secondary"'}
    del kept[field]
    leaf = ", ".join(f"{key} = {value}" for key, value in kept.items())
    with pytest.raises(EvidenceError, match=rf"file\.toml: parameters\.CL: the value has no {field}"):
        parse(f"[parameters]\nCL = {{ {leaf} }}")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("CL = 95.2", "bare number 95.2 has no source"),
        ("doses = [28, 56]", r"doses\[0\]: the bare number 28"),
        ('CL = { value = 1, unit = "", source = "otto-2021", known = "read" }', "no unit"),
        (
            'CL = { value = 1, unit = "L", source = "nobody-1999", known = "read" }',
            "'nobody-1999' is not in sources",
        ),
        (
            'CL = { value = 1, unit = "L", source = "otto-2021", known = "surely" }',
            "'surely' is none of read",
        ),
        ('CL = { value = 1, unit = "L", source = "otto-2021", known = "read", sd = 2 }', "may not carry sd"),
        ('CL = { unit = "L", source = "otto-2021", known = "read" }', "no value"),
        (
            'CL = { value = 1, unit = 3, source = "otto-2021", known = "read" }',
            "unit must be written as words",
        ),
        ('[defaults]\nunit = "L"', r"\[defaults\] may give source and known"),
        ("CL = ", "not valid TOML"),
        ('mixed = ["a", { b = "c" }]', "words only, or tables only"),
    ],
)
def test_what_is_not_a_sourced_value_gets_a_sentence(text, sentence):
    with pytest.raises(EvidenceError, match=sentence):
        parse(text)


def test_defaults_are_inherited_and_may_be_overridden():
    table = parse(
        '[defaults]\nsource = "otto-2021"\nknown = "secondary"\n'
        'a = { value = 1, unit = "L" }\nb = { value = 2, unit = "L", known = "ours" }\n'.replace(
            "a =", "[t]\na =", 1
        )
    ).table("t")
    assert (table.number("a").known, table.number("b").known) == (Known.SECONDARY, Known.OURS)


def test_words_switches_dates_and_lists_of_words_stand_bare():
    table = parse('id = "CI-1"\nships = true\nday = 2026-01-01\nroles = ["nurse"]\n[[item]]\nid = "a"')
    assert table.word("id") == "CI-1"
    assert table.switch("ships") is True
    assert table.words("roles") == ("nurse",)
    assert table.tables("item")[0].word("id") == "a"
    assert table.words("absent") == ()
    assert table.word("absent", "x") == "x"


@pytest.mark.parametrize("read", ["number", "integer", "text", "word", "switch", "table", "words", "tables"])
def test_a_key_of_another_kind_is_named(read):
    with pytest.raises(EvidenceError, match=r"file\.toml"):
        getattr(parse('flag = true\nword = "x"' if read != "switch" else 'flag = "x"'), read)("flag")


def test_a_missing_key_is_named():
    with pytest.raises(EvidenceError, match=r"file\.toml: parameters: the key 'CL' is missing"):
        parse("[parameters]").table("parameters").number("CL")


def test_the_hash_ignores_layout_and_sees_every_value():
    first = parse("# a comment\n" + WHOLE)
    assert content_hash(first) == content_hash(parse(WHOLE))
    assert content_hash(first) != content_hash(parse(WHOLE.replace("95.2", "95.3")))
    assert content_hash(first) != content_hash(parse(WHOLE.replace("secondary", "read")))


def test_a_csv_row_is_a_sourced_value_and_what_it_belongs_to():
    (row,) = parse_rows(
        "dose_mg,value,unit,source,known\n28,43.8,ng/mL,otto-2021,secondary\n", "t.csv", SOURCES
    )
    assert row.keys == {"dose_mg": "28"}
    assert row.value == Sourced(43.8, "ng/mL", "otto-2021", Known.SECONDARY)


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ("28,43.8,,otto-2021,secondary", "line 2: the value has no unit"),
        ("28,43.8,ng/mL,,secondary", "no source"),
        ("28,,ng/mL,otto-2021,secondary", "no value"),
        ("28,much,ng/mL,otto-2021,secondary", "expected a number"),
        ("28,43.8,ng/mL,otto-2021", "more or fewer cells"),
    ],
)
def test_a_csv_row_that_lacks_something_is_refused(row, sentence):
    with pytest.raises(EvidenceError, match=sentence):
        parse_rows("dose_mg,value,unit,source,known\n" + row + "\n", "t.csv", SOURCES)
