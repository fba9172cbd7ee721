"""Edition 3 of the consent texts: no figure without its source, nothing changed in place, plain words."""

import json
import re
import string
import tomllib

import pytest
from docs.consents import readability

from euthymia.evidence import (
    ConsentText,
    EvidenceError,
    Known,
    consent_content_sha256,
    consent_text,
    consent_words,
    current_consent_text,
    current_consent_texts,
    rules,
    sources,
)
from euthymia.evidence import _consent_editions as editions
from euthymia.evidence._loader import root

COURSES = editions.documents(editions.EDITION)
FOLDER = root() / f"consents/edition-{editions.EDITION}"
NUMBERS = re.compile(
    r"\d|\b(two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|fifty|hundred|thousand|half|halves"
    r"|third|thirds|quarter|twice|double|dozen|per cent|percent)\b|%",
    re.IGNORECASE,
)
OFF_LABEL = (
    "treatment-resistant-depression",
    "post-traumatic-stress-disorder",
    "obsessive-compulsive-disorder",
)


def texts() -> list[ConsentText]:
    return [consent_text(course.version) for course in COURSES]


def templates() -> list[tuple[str, str]]:
    """Every string of the edition that a patient reads, before its figures are put in."""
    found = []
    for name in ("text", "drawing", "questions"):
        table = tomllib.loads((FOLDER / f"{name}.toml").read_text("utf-8"))
        found += [(name, words) for words in _words(table)]
    return found


def _words(node: object) -> list[str]:
    if isinstance(node, list):
        return [words for each in node for words in _words(each)]
    if not isinstance(node, dict):
        return []
    read = {"value", "text", "label", "heading", "title", "with_words", "without_words", "expects"}
    own = [value for key, value in node.items() if key in read and isinstance(value, str)]
    return own + [words for value in node.values() for words in _words(value)]


def test_no_figure_stands_in_the_words_but_as_a_reference_to_a_sourced_value() -> None:
    assert len(templates()) > 150
    for name, words in templates():
        literal = "".join(part for part, _, _, _ in string.Formatter().parse(words))
        assert not NUMBERS.search(literal), f"{name}: “{words}” holds a typed figure"


@pytest.mark.parametrize("planted", ["41 of them", "half of them", "ten of them"])
def test_the_search_for_typed_figures_finds_one(planted: str) -> None:
    assert NUMBERS.search(planted)


def test_every_figure_of_the_edition_is_used_or_gone() -> None:
    used = {name for _, words in templates() for _, name, _, _ in string.Formatter().parse(words) if name}
    drawing = tomllib.loads((FOLDER / "drawing.toml").read_text("utf-8"))
    for entry in (*drawing["row"], *drawing["span"]):
        used |= {
            entry[key]
            for key in (
                "with",
                "without",
                "begins",
                "full_until",
                "fades_until",
                "begins_share",
                "fades_share",
            )
            if key in entry
        }
    assert used == set(tomllib.loads((FOLDER / "figures.toml").read_text("utf-8")))


@pytest.mark.parametrize("course", COURSES, ids=lambda course: course.version)
def test_every_number_shown_is_one_of_the_texts_sourced_figures(course: editions.Course) -> None:
    text = consent_text(course.version)
    assert text.figure is not None
    for section in text.sections:
        for paragraph in section.paragraphs:
            shown = re.findall(r"\d+(?:\.\d+)?", paragraph.value.replace("of 1000", "").replace("of 100", ""))
            spoken = " ".join(str(figure.value) for figure in paragraph.figures)
            assert not shown or paragraph.figures, paragraph.value
            assert all(key in sources() for key, _ in paragraph.rests_on), spoken
    assert all(value.source in sources() for value in text.figure.values)
    for key, known in text.sources:
        assert editions.cited(key, known) in text.text


@pytest.mark.parametrize("course", COURSES, ids=lambda course: course.version)
def test_a_released_text_has_the_words_and_figures_it_had(course: editions.Course) -> None:
    assert consent_text(course.version).sha256 == editions.frozen_hash(course.version) != ""


def test_the_hash_covers_the_figures_data() -> None:
    text = current_consent_text("US", "esketamine-nasal")
    assert text.figure is not None
    for line in text.figure.lines:
        assert line in text.text
    for part, key, changed in (("rows", "with", "42"), ("spans", "full_until_d", "29")):
        content = json.loads(json.dumps(text.content))
        assert consent_content_sha256(content) == text.sha256
        content["figure"][part][0][key] = changed
        assert consent_words(content) == text.text  # no word of it changed, and yet
        assert consent_content_sha256(content) != text.sha256
    row = next(row for row in text.figure.rows if row.label == "Dizziness")
    assert row.line == "Dizziness: 29 of 100 (spray); 8 of 100 (empty spray)."


@pytest.mark.parametrize("course", COURSES, ids=lambda course: course.version)
def test_each_text_covers_what_must_be_told(course: editions.Course) -> None:
    words = consent_text(course.version).text
    for told in (
        "What this treatment is",
        "Evidence:",
        "Nobody knows for certain",
        "The effect fades",
        "Misuse:",
        "Do not drive",
        "only after a full night's sleep",
        "Bladder",
        "breast-feed",
        "What we will do",
        "What is not known",
        "There are other ways",
        "You may stop at any time",
        "No doctor has checked them yet",
        "think of ending your life",
        "blood vessel",
        "artery and vein",
        "bleed in the brain",
        "allergy",
    ):
        assert told in words, told


def test_off_label_use_says_so_and_each_indication_has_its_own_line_of_evidence() -> None:
    lines = {}
    for text in current_consent_texts("US"):
        if text.product == "ketamine-iv":
            assert "off-label" in text.text
            lines[text.indication] = next(
                paragraph.value
                for section in text.sections
                for paragraph in section.paragraphs
                if paragraph.value.startswith("Evidence:")
            )
    assert len(lines) == len(set(lines.values())) == 5
    assert all("weak" in lines[key] for key in lines if key not in OFF_LABEL[:1])


def test_where_nothing_was_read_the_text_says_so_and_marks_it_ours() -> None:
    said = [
        paragraph
        for text in texts()
        for section in text.sections
        for paragraph in section.paragraphs
        if "no source was read" in paragraph.value or paragraph.note == "No source read"
    ]
    assert said
    assert {known for paragraph in said for _, known in paragraph.rests_on} <= {Known.OURS, Known.READ}


@pytest.mark.parametrize(
    ("jurisdiction", "number"),
    [("US", "988"), ("EU", "112"), ("UK", "116 123"), ("AU", "13 11 14"), ("CA", "988")],
)
def test_each_jurisdiction_names_its_own_line(jurisdiction: str, number: str) -> None:
    for text in current_consent_texts(jurisdiction):
        assert (
            number
            in next(section for section in text.sections if section.heading == "If you feel worse")
            .paragraphs[0]
            .value
        )


def test_what_is_not_in_use_somewhere_has_no_text_there() -> None:
    with pytest.raises(EvidenceError, match="no text for esketamine-nasal in AU"):
        current_consent_text("AU", "esketamine-nasal", "depression-with-acute-suicidal-ideation")
    with pytest.raises(EvidenceError, match="no text us-esketamine-ocd-3"):
        consent_text("us-esketamine-ocd-3")


def test_the_figures_agree_with_the_rules_they_tell_of() -> None:
    book, figures = rules("US"), editions._figures(editions.EDITION)
    assert figures["stay_h"].value * 60 == book["MON-1"].number("minutes_min")
    assert figures["fasting_h"].value * 60 == book["PRE-6"].number("food_min")
    assert figures["device_mg"].value == book["DEV-1"].number("mg_per_device")


@pytest.mark.parametrize("course", COURSES, ids=lambda course: course.version)
def test_a_text_reads_easily(course: editions.Course) -> None:
    """Flesch 70 and more is plain English, and a school grade of 6 or less what health bodies ask for."""
    ease, grade, words_a_sentence = readability(consent_text(course.version))
    assert ease >= 70
    assert grade <= 6
    assert words_a_sentence <= 12
