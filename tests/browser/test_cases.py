"""The twelve cases through the pages: referral, history, verdict, letter, consent and plan, or the refusal."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect
from tests.browser.cases import Hands
from tests.browser.conftest import RESULTS
from tests.browser.tablet import Tablet
from tests.protocol.cases import Case, ExpectedStage, Stage, Verdict, cases

from euthymia.evidence import regimen
from euthymia.protocol import Outcome

if TYPE_CHECKING:
    from playwright.sync_api import Browser
    from tests.browser.serving import ServedClinic

_BY_COUNTRY = sorted(cases(), key=lambda case: ("US", "EU", "UK", "AU", "CA").index(case.jurisdiction))
"""The director changes the country four times, not eleven."""
_SOON = ("01", "03", "12")
"""A spray, an infusion and a refusal are asked at every run, the others at every landing."""
_SAYS = {Verdict.OPEN: "Suitable", Verdict.REFUSED: "Not suitable"}
_COUNTS = {Outcome.SATISFIED: "Counts", Outcome.VIOLATED: "Does not count", Outcome.UNKNOWN: "Not known"}


@pytest.fixture(scope="module")
def hands(browser: Browser, clinic: ServedClinic) -> Iterator[Hands]:
    """Three people, signed in once for all cases."""
    windows = [Tablet(browser, clinic) for _ in range(3)]
    people = Hands(*windows)
    people.sign_in()
    yield people
    for window in windows:
        window.close()


@pytest.fixture
def watched(hands: Hands, request: pytest.FixtureRequest) -> Iterator[Hands]:
    """The same people; what must not happen in a window fails the case in which it happened."""
    windows = (hands.nurse, hands.prescriber, hands.director)
    yield hands
    for number, window in enumerate(windows):
        if getattr(request.node, "failed", False):
            window.photograph(RESULTS / f"{request.node.name}-{number}.png")
            window.troubles.clear()
    for window in windows:
        window.judge()


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(case, id=case.id, marks=() if case.id[:2] in _SOON else pytest.mark.long)
        for case in _BY_COUNTRY
    ],
)
def test_the_case_goes_through_the_pages(case: Case, watched: Hands) -> None:
    hands, case = watched, case.on(watched.nurse.clinic.local.date())
    hands.work_by(case.jurisdiction)
    patient, course = hands.refer(case)
    hands.tell_treatments(case, patient)
    hands.take_intake(case, course)
    _shows_resistance(hands, case, course)
    _judges_suitability(hands, case, course)
    if case.refused:
        _is_refused(hands, course)
        return
    _is_agreed(hands, case, course)


def _shows_resistance(hands: Hands, case: Case, course: str) -> None:
    """The evidence counts what the case expects, and the letter made from it is a document."""
    shown = case.expected.resistance
    assert shown is not None
    hands.prescriber.open(f"/courses/{course}/evidence/")
    page = hands.prescriber.page.locator("main")
    expect(page).to_contain_text(f"Rule {shown.rule}:")
    expect(page).to_contain_text(
        re.compile(rf"{shown.counted} adequate failures? .* requires {shown.needed}\.")
    )
    assert hands.treatments() == {drug: _COUNTS[outcome] for drug, outcome in shown.treatments}
    assert hands.letter(course).startswith(b"%PDF")
    expect(hands.nurse.page.locator("main")).to_contain_text("Draft")


def _judges_suitability(hands: Hands, case: Case, course: str) -> None:
    expected = case.expected.stages[Stage.SUITABILITY]
    hands.prescriber.open(f"/courses/{course}/suitability/")
    _compare(hands.findings(), expected)
    expect(hands.prescriber.page.locator("main .verdict")).to_contain_text(_SAYS[expected.verdict])
    if case.id.startswith(("03", "11")):
        hands.prescriber.show(RESULTS / f"case-{case.id}-suitability.png")


def _is_refused(hands: Hands, course: str) -> None:
    """Nobody signs it as suitable; signed as not suitable, nothing can be planned."""
    with pytest.raises(AssertionError, match="cannot be signed as suitable"):
        hands.decide(course, suitable=True)
    hands.decide(course, suitable=False)
    hands.prescriber.open(f"/courses/{course}/")
    expect(hands.prescriber.page.locator("main")).to_contain_text("Not suitable.")
    hands.prescriber.open(f"/courses/{course}/plan/")
    expect(hands.prescriber.page.locator("h1")).to_contain_text("not found", ignore_case=True)


def _is_agreed(hands: Hands, case: Case, course: str) -> None:
    """Consent by the country's own text, and a plan with the days the case expects, signed."""
    if case.programme.enrolment is not None:
        hands.enrol(course, case)
    hands.decide(course, suitable=True)
    assert case.consent.current_text_version in hands.consent(course, case)
    hands.check_plan(course, case)
    _compare(hands.findings(), case.expected.stages[Stage.PLAN])
    _compare_days(hands.days(), case)
    if case.id.startswith(("03", "06")):
        hands.prescriber.show(RESULTS / f"case-{case.id}-plan.png")
    hands.sign_plan()
    hands.prescriber.open(f"/courses/{course}/")
    expect(hands.prescriber.page.locator("main .calendar")).to_be_visible()


def _compare(shown: dict[str, str], expected: ExpectedStage) -> None:
    """What the page says of each rule is what the case expects, and nothing else needs somebody."""
    wanted = {rule: said.outcome.value for rule, said in expected.findings.items()}
    assert {rule: shown.get(rule) for rule in wanted} == wanted
    assert {rule for rule, said in shown.items() if said != "satisfied"} <= set(wanted)
    assert not expected.absent & set(shown)


def _compare_days(rows: list[list[str]], case: Case) -> None:
    planned = case.expected.schedule
    assert planned is not None
    found = {int(number): (_day(day), state) for number, day, _, _, state in rows}
    induction = [day for day, state in found.values() if state == "planned"]
    assert tuple(induction) == planned.induction
    would_follow = [day for day, state in found.values() if state == "would follow"]
    sure = _days_before_the_choice(case)
    assert tuple(would_follow[:sure]) == planned.then[:sure]


def _days_before_the_choice(case: Case) -> int:
    """How many days after induction are fixed: the page shows maintenance at its closest, whatever is chosen later."""
    phases = regimen(case.jurisdiction, case.product, case.indication).phases[1:]
    closest = phases[-1].gap_days[0] if phases else None
    expected = case.expected.schedule.then if case.expected.schedule else ()
    if case.plan and case.plan.maintenance_gap_days == closest:
        return len(expected)
    return sum(phase.sessions.value for phase in phases[:-1]) + 1 if phases else 0


def _day(words: str) -> date:
    return datetime.strptime(words, "%a %d %b %Y").date()  # noqa: DTZ007
