"""What anybody may read: no sign-in, no cookie, no row of the clinic, the same for everybody."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries
from tests.clinic import factories, patients

from euthymia.clinic.looks.people import likelihood
from euthymia.evidence import consent_text, current_consent_texts

EVERY = [text for place in ("US", "EU", "UK", "AU", "CA") for text in current_consent_texts(place)]


def page(document: str, client: Client | None = None) -> str:
    return (client or Client()).get(reverse("portal:about", args=[document])).content.decode()


@pytest.mark.django_db
class TestPublicPage:
    def test_it_opens_without_a_cookie_and_may_be_kept(
        self, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        for address in (reverse("portal:contents"), reverse("portal:about", args=["us-esketamine-trd"])):
            with django_assert_num_queries(0):
                response = Client().get(address)
            assert response.status_code == 200
            assert not response.cookies
            assert response["Cache-Control"] == "public, max-age=3600"
            assert "<script" not in response.content.decode()
            assert "<form" not in response.content.decode()

    def test_it_leads_nowhere_but_to_the_other_public_pages(self) -> None:
        for address in (reverse("portal:contents"), reverse("portal:about", args=["us-ketamine-iv-ptsd"])):
            for link in re.findall(r'<a [^>]*href="([^"]+)"', Client().get(address).content.decode()):
                assert link.startswith(("#", "/about/")), link

    def test_somebody_signed_in_sees_the_same_and_no_name(self) -> None:
        nurse = factories.staff(*patients.STAFF, name="Quillfeather")
        patients.consented(nurse.viewer, datetime.now(UTC))
        shown = page("us-esketamine-trd", factories.signed_in(nurse))
        assert shown == page("us-esketamine-trd")
        assert "Quillfeather" not in shown

    @pytest.mark.parametrize(
        "document", ["us-esketamine-trd-3", "us-esketamine-ocd", "staff", "us-esketamine"]
    )
    def test_anything_else_is_not_found_and_not_kept(self, document: str) -> None:
        response = Client().get(reverse("portal:about", args=[document]))
        assert response.status_code == 404
        assert response["Cache-Control"] == "no-store, private"

    def test_a_page_of_the_clinic_is_never_kept(self) -> None:
        for address in (reverse("account_login"), reverse("safety:tasks")):
            assert Client().get(address)["Cache-Control"] == "no-store, private"

    def test_the_sign_in_page_leads_to_it(self) -> None:
        assert reverse("portal:contents") in Client().get(reverse("account_login")).content.decode()

    def test_it_holds_the_words_the_patient_signs(self) -> None:
        shown = page("au-ketamine-iv-pain").replace("&#x27;", "'")
        for section in consent_text("au-ketamine-iv-pain-3").sections:
            for paragraph in section.paragraphs:
                assert paragraph.value in shown


@pytest.mark.parametrize("text", EVERY, ids=lambda text: text.version)
def test_the_drawing_counts_what_the_words_say(text: object) -> None:
    content = text.content["figure"]  # type: ignore[attr-defined]
    figure = likelihood(content)
    drawn = content["rows"]
    blocks = sum(1 + (row["without"] is not None) for row in drawn)
    filled = sum(_whole(row["with"]) + _whole(row["without"]) for row in drawn)
    for svg in (figure.wide_svg, figure.narrow_svg):
        assert svg.count("<circle") == 100 * blocks
        assert len(re.findall(r'<circle [^>]*fill="var\(--series-1\)"', svg)) == filled
    assert [note for note in figure.notes if note.startswith("Source: ")]
    for line in content["lines"][1:]:
        assert line.rstrip(".") in figure.description
    assert len(figure.rows) == len(drawn)


def test_no_figure_is_drawn_without_a_source() -> None:
    content = consent_text("us-esketamine-trd-3").content["figure"]
    with pytest.raises(ValueError, match="line of sources"):
        likelihood({**content, "sources": []})


def _whole(share: str | None) -> int:
    return int(float(share) + 0.5) if share is not None else 0
