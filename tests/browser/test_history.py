"""A clinician builds a history of treatments, sees what is missing, and prepares the letter: at three widths."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from tests.browser.tablet import DESKTOP, PHONE, TABLET, Tablet

PRESCRIBER = "vera@demo.invalid"
WIDTHS = [
    pytest.param(PHONE, "Prothiaden", "dosulepin", id="390"),
    pytest.param(TABLET, "Brintellix 20 mg", "vortioxetine", id="820"),
    pytest.param(DESKTOP, "Marplan", "isocarboxazid", id="1280"),
]


def _course_and_patient(window: Tablet) -> tuple[str, str]:
    window.open("/courses/?state=referred")
    course = next(link for link in window.links() if re.fullmatch(r"/courses/[0-9a-f-]{36}/", link))
    window.open(course)
    patient = next(link for link in window.links() if re.match(r"/patients/[0-9a-f-]{36}/", link))
    return course, re.match(r"/patients/[0-9a-f-]{36}/", patient).group(0)  # type: ignore[union-attr]


def _fits(window: Tablet) -> list[str]:
    problems = window.axe()
    if (excess := window.overflow()) > 0:
        problems.append(f"{window.page.url}: {excess} px too wide")
    window.dim()
    problems += [f"dim: {problem}" for problem in window.axe("color-contrast")]
    window.light()
    return problems


@pytest.mark.parametrize(("size", "typed", "listed"), WIDTHS)
def test_a_history_is_built_and_judged(
    tablet: Callable[..., Tablet], size: dict[str, int], typed: str, listed: str
) -> None:
    window = tablet(size=size)
    window.sign_in(PRESCRIBER)
    course, patient = _course_and_patient(window)
    window.open(f"{patient}antidepressants/add/")
    problems = _fits(window)
    assert window.page.locator(f'datalist option[value="{typed.split()[0]}"]').count() == 1
    window.fill_in(
        {
            "drug": typed,
            "current_episode": "yes",
            "dose_amount": "1",
            "dose_unit": "mg/d",
            "started": "2025",
            "stopped": "2025-09",
            "adherence": "yes",
            "result": "inadequate response",
            "origin_kind": "pharmacy",
        }
    )
    window.send()
    shown = window.page.locator("article", has=window.page.get_by_role("heading", name=listed))
    assert f"entered as {typed}" in shown.inner_text()
    assert "the dose was too low" in shown.inner_text()
    assert window.page.locator(".figure-plot:visible").count() == 1
    problems += _fits(window)
    window.open(f"{course}evidence/")
    problems += _fits(window)
    window.open(f"{course}letters/new/")
    problems += _fits(window)
    window.send()
    assert "Member number" in window.page.locator("main").inner_text()
    problems += _fits(window)
    assert not problems, "\n".join(problems)
    window.judge()


def test_a_name_that_is_not_in_the_list_is_asked_about_and_kept(tablet: Callable[..., Tablet]) -> None:
    window = tablet(size=PHONE)
    window.sign_in(PRESCRIBER)
    _, patient = _course_and_patient(window)
    window.open(f"{patient}antidepressants/add/")
    window.fill_in(
        {
            "drug": "Sertralin",
            "drug_class": "ssri",
            "current_episode": "yes",
            "adherence": "unknown",
            "origin_kind": "patient",
        }
    )
    with pytest.raises(AssertionError, match="unusual"):
        window.send()
    assert "Did you mean sertraline" in window.page.locator("main").inner_text()
    assert window.page.locator('[name="drug"]').input_value() == "Sertralin"
    window.page.locator('[name="confirmed"]').first.check(force=True)
    window.send()
    assert window.page.get_by_role("heading", name="Sertralin").count() == 1
    window.judge()
