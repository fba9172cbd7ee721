"""When the connection fails: what is entered waits on the tablet, says so, and reaches the record once, as it was.

One clinic and few windows: each test is a stretch of a nurse's day, and the failures of the network follow each other
in it. The tablet's clock and the server's are moved together.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Locator, Page, Route, expect
from tests.browser.tablet import TABLET, Tablet
from tests.browser.walk import NURSE, PRESCRIBER

if TYPE_CHECKING:
    from pathlib import Path

LOWER = "71"


@pytest.fixture(autouse=True)
def _patient() -> Iterator[None]:
    """What is sent again comes after a rest; and a slow machine is no fault."""
    expect.set_options(timeout=30_000)
    yield
    expect.set_options(timeout=5000)


def panel(window: Tablet) -> Locator:
    """What the page says of what waits."""
    return window.page.locator("[data-unsent]")


def ready(page: Page) -> None:
    """The page knows who sits where, and has its blank forms."""
    until(page, "window.euthymia?.tablet.seats.length > 0 && window.euthymia.blankForms() > 0")


def until(page: Page, holds: str) -> None:
    """Wait for something a page knows and does not show. Its policy forbids to wait within it."""
    for _ in range(300):
        if page.evaluate(holds):
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"It never came to hold that {holds}")


def watched(window: Tablet) -> list[str]:
    """The visits whose patients are watched, as the page was told."""
    found: list[str] = window.page.evaluate(
        "euthymia.tablet.seats.filter(each => each.forms.includes('readings')).map(each => each.visit)"
    )
    return found


def record(window: Tablet, visit: str) -> Locator:
    """The link on the board that opens the readings of a visit."""
    return window.page.locator(f'main a[href^="/visits/{visit}/readings/"]').first


def enter(window: Tablet, systolic: str, **more: str) -> None:
    """A set of readings in the blank form, kept on the tablet."""
    form = "[data-unsent-dialog] form"
    if "note" in more:
        window.page.locator(f"{form} summary", has_text="a note").click()
    window.fill_in({"systolic": systolic, "diastolic": LOWER, "heart_rate": "77", **more}, form)
    window.page.locator(f"{form} [type=submit]").dblclick()  # a double press is one entry
    if "heart_rate" in more:  # and answers no question
        expect(window.page.locator(f"{form} [role=alert]")).to_contain_text("Press again")
        window.page.wait_for_timeout(900)
        window.page.locator(f"{form} [type=submit]").click()
    expect(window.page.locator("[data-unsent-dialog]")).to_be_hidden()


def give_medicine(window: Tablet, visit: str) -> None:
    """A medicine in the blank form, for somebody in the list of who sits here."""
    seats = window.page.evaluate("euthymia.tablet.seats.map(each => each.visit)")
    panel(window).locator("summary", has_text="Enter something").click()
    seat = panel(window).locator("[data-unsent-seats] li").nth(seats.index(visit))
    seat.get_by_role("button", name="Medicine given").click()
    form = "[data-unsent-dialog] form"
    expect(window.page.locator(f"{form} [data-offline-note]")).to_have_text("No medicine is ordered.")
    said = {"medicine": "examplin", "dose": "4", "unit": "mg", "route": "oral", "note": "Dr Fiction knows"}
    window.fill_in(said, form)
    window.page.locator(f"{form} [type=submit]").click()
    expect(window.page.locator("[data-unsent-dialog]")).to_be_hidden()


def minutes_from(began: datetime, window: Tablet) -> list[str]:
    """The minutes that an entry made between ``began`` and now can bear: on a busy machine they are several."""
    whole = began.replace(second=0, microsecond=0)
    several = int((window.clinic.local - whole) / timedelta(minutes=1)) + 1
    return [f"{whole + timedelta(minutes=each):%H:%M}" for each in range(several)]


def pass_time(window: Tablet, seconds: int) -> None:
    """Time goes by, on the tablet and at the server."""
    window.clinic.advance(seconds=seconds)
    window.page.clock.fast_forward(seconds * 1000)


@contextmanager
def cut(window: Tablet, how: Callable[[Route], None], what: str = "**/visits/**") -> Iterator[None]:
    """While it lasts, what is written to a visit meets ``how``; what is read goes through."""

    def handle(route: Route) -> None:
        (how if route.request.method == "POST" else Route.continue_)(route)

    window.page.route(what, handle)
    yield
    window.page.unroute_all(behavior="ignoreErrors")  # what is on its way may end as it likes


@contextmanager
def no_connection(window: Tablet) -> Iterator[None]:
    window.context.set_offline(True)
    expect(panel(window)).to_contain_text("Nothing heard since")
    # Said once, whether or not something waits to be sent.
    assert panel(window).inner_text().count("No connection.") == 1
    yield
    window.context.set_offline(False)


def test_entries_without_a_connection_are_kept_said_and_sent_once_as_they_were(
    tablet: Callable[..., Tablet], images: Path
) -> None:
    nurse = tablet(size=TABLET, workers=True, loses_connection=True)
    nurse.expects_failures = True
    nurse.page.clock.install()
    nurse.sign_in(NURSE)
    nurse.open("/board/")
    ready(nurse.page)
    first, second = watched(nurse)[:2]
    nurse.page.evaluate("navigator.serviceWorker.ready.then(() => true)")

    # Thirty seconds: two entries from the open board, which stays.
    with no_connection(nurse):
        began = nurse.clinic.local
        record(nurse, first).click()
        enter(nurse, "141")
        minutes = minutes_from(began, nurse)
        expect(panel(nurse)).to_contain_text("1 entry not sent")
        give_medicine(nurse, first)
        expect(panel(nurse)).to_contain_text("2 entries not sent")
        expect(nurse.page.locator(".tile-unsent")).to_have_count(1)
        pass_time(nurse, 30)
    expect(panel(nurse)).to_contain_text("2 entries were sent")
    expect(nurse.page.locator(".tile-unsent")).to_have_count(0)
    rows = sets(nurse, first, f"141/{LOWER}")
    assert len(rows) == 1, rows
    assert any(minute in rows[0] for minute in minutes), (minutes, rows)
    nurse.open(f"/visits/{first}/")
    expect(nurse.page.locator("main")).to_contain_text("examplin")

    # Ten minutes, two patients, and the tab dies; what stands in for the page says what is not sent.
    nurse.open("/board/")
    ready(nurse.page)
    with no_connection(nurse):
        began = nurse.clinic.local
        for visit, systolic in ((first, "142"), (second, "143")):
            record(nurse, visit).click()
            enter(nurse, systolic, note="Sleeps")
        minutes = minutes_from(began, nurse)
        expect(panel(nurse)).to_contain_text("2 entries not sent")
        nurse.show(images / "offline-board.png")
        pass_time(nurse, 600)
        expect(panel(nurse)).to_contain_text("10 min")
        expect(nurse.page.locator(".tile-unsent").first).to_contain_text("oldest 10 min")
        nurse.page.close()
        nurse.page = nurse.context.new_page()
        nurse.page.goto("/board/")
        expect(nurse.page.locator("h1")).to_have_text("No connection")
        expect(panel(nurse)).to_contain_text("2 entries not sent, of Nell Notional")
        nurse.show(images / "offline-reload.png")
    nurse.open("/board/")
    expect(panel(nurse)).to_contain_text("2 entries were sent")
    for visit, pressure in ((first, f"142/{LOWER}"), (second, f"143/{LOWER}")):
        assert len(rows := sets(nurse, visit, pressure)) == 1
        assert any(minute in rows[0] for minute in minutes), (minutes, rows)
        assert "entered" in rows[0]  # the row says that it came later
    assert nurse.axe() == []


def test_an_answer_that_is_lost_or_wrong_makes_nothing_twice_and_loses_nothing(
    tablet: Callable[..., Tablet], images: Path
) -> None:
    nurse = tablet(size=TABLET, loses_connection=True)
    nurse.expects_failures = True
    nurse.sign_in(NURSE)
    nurse.open("/board/")
    ready(nurse.page)
    visit = watched(nurse)[0]

    def lose_the_answer(route: Route) -> None:
        route.fetch()
        route.abort()

    failures: list[tuple[str, Callable[[Route], None]]] = [
        ("151", lose_the_answer),
        ("152", lambda route: route.fulfill(status=502, body="")),
        ("153", lambda route: route.fulfill(status=500, body="<p data-problem>It failed.</p>")),
    ]
    for systolic, how in failures:
        nurse.open(f"/visits/{visit}/readings/")
        with cut(nurse, how):
            nurse.fill_in({"systolic": systolic, "diastolic": LOWER})
            nurse.page.get_by_role("button", name="Save readings").click()
            expect(nurse.page.locator("main")).to_contain_text("Kept on this tablet, not sent")
            expect(nurse.page.locator("[data-save-status]")).to_be_hidden()
            expect(panel(nurse)).to_contain_text("1 entry not sent")
        nurse.page.evaluate("euthymia.pulse()")
        expect(panel(nurse)).to_contain_text("One entry was sent")
        assert len(sets(nurse, visit, f"{systolic}/{LOWER}")) == 1

    # Refused: kept, with its reason, and put right.
    nurse.open("/board/")
    ready(nurse.page)
    with no_connection(nurse):
        record(nurse, visit).click()
        enter(nurse, "154", heart_rate="3")
    expect(panel(nurse)).to_contain_text("Heart rate 3 /min cannot be")
    nurse.show(images / "offline-refused.png")
    assert nurse.axe() == []
    assert sets(nurse, visit, f"154/{LOWER}") == []
    nurse.press("Put it right")
    expect(nurse.page.locator("[data-typed-note]")).to_contain_text("Not saved yet")
    expect(nurse.page.locator('[name="systolic"]')).to_have_value("154")
    expect(nurse.page.locator('[name="happened"]')).not_to_have_value("")
    nurse.fill_in({"heart_rate": "73"})
    nurse.page.get_by_role("button", name="Save readings").click()
    nurse.page.wait_for_url(re.compile(r"/visits/[0-9a-f-]{36}/(#.*)?$"))
    expect(panel(nurse)).to_be_hidden()
    until(nurse.page, _NOTHING_KEPT)  # neither the entry nor what was typed
    assert len(sets(nurse, visit, f"154/{LOWER}")) == 1


def test_what_is_kept_is_its_authors_through_signing_out_running_out_and_another_nurse(
    tablet: Callable[..., Tablet], images: Path
) -> None:
    window = tablet(size=TABLET, loses_connection=True)
    window.expects_failures = True
    window.sign_in(NURSE)
    window.open("/board/")
    ready(window.page)
    visit = watched(window)[0]

    # A form that cannot wait keeps what was typed, through a sign-in that ran out.
    window.open(f"/visits/{visit}/stable/")
    window.fill_in({"stable": "yes", "basis": "Walks to the door and back"})
    until(window.page, "euthymia.vault.all('typed').then((all) => all.length === 1)")
    stored = window.page.evaluate(_STORED)
    assert "Walks" not in stored["clear"]
    assert visit not in stored["clear"]
    window.clinic.advance(minutes=20)
    window.page.locator(".action-bar button.button-primary").click()
    expect(window.page.locator("[data-save-status]")).to_contain_text("you were signed out")
    window.sign_in_by_hand(PRESCRIBER)
    window.open(f"/visits/{visit}/stable/")
    until(window.page, "euthymia.tablet.token !== ''")
    expect(window.page.locator('[name="basis"]')).to_have_value("")  # another person never sees it

    # Nell's readings cannot be sent, and she signs out; the sign-in page names whose they are, and no patient.
    leave(window)
    window.sign_in_by_hand(NURSE)
    window.open(f"/visits/{visit}/stable/")
    expect(window.page.locator('[name="basis"]')).to_have_value("Walks to the door and back")
    expect(window.page.locator("[data-typed-note]")).to_be_visible()
    window.press("Throw it away")
    window.open(f"/visits/{visit}/readings/")
    window.page.route(
        "**/readings/", lambda route: route.abort() if route.request.method == "POST" else route.continue_()
    )
    window.fill_in({"systolic": "161", "diastolic": LOWER})
    window.page.get_by_role("button", name="Save readings").click()
    expect(panel(window)).to_contain_text("1 entry not sent")
    leave(window)
    expect(panel(window)).to_contain_text("1 entry not sent, of Nell Notional")
    expect(panel(window)).not_to_contain_text("161")
    stored = window.page.evaluate(_STORED)
    assert stored["extractable"] == [False]
    assert "systolic" not in stored["clear"]  # a word, as three digits stand in a UUID now and then
    assert visit not in stored["clear"]
    window.show(images / "unsent-sign-in.png")
    window.page.unroute_all(behavior="ignoreErrors")

    # Vera sees that Nell left something, reads it, and takes it over by name.
    window.sign_in_by_hand(PRESCRIBER)
    window.open("/board/")
    expect(panel(window)).to_contain_text("Waiting for Nell Notional to sign in")
    window.press("Take over from Nell Notional")
    dialog = window.page.locator("[data-unsent-dialog]")
    expect(dialog).to_contain_text("161")
    window.show(images / "unsent-take-over.png")
    assert window.axe() == []
    dialog.get_by_role("button", name=re.compile("^Enter for Nell Notional as ")).click()
    expect(panel(window)).to_contain_text("One entry was sent")
    expect(panel(window)).not_to_contain_text("Take over from")
    assert "for Nell Notional" in sets(window, visit, f"161/{LOWER}")[0]
    window.page.goto("/board/")
    until(window.page, "euthymia.vault.ready().then((trouble) => trouble === '')")
    window.page.evaluate(_LEFT_TRIAL)  # of a page that was left while it tried whether anything is kept
    sign_out(window)
    until(window.page, "indexedDB.databases().then(all => !all.length)")  # nothing waits: the key is gone


_NOTHING_KEPT = """
Promise.all(euthymia.vault.STORES.map((store) => euthymia.vault.all(store))).then((all) => !all.flat().length)
"""
_LEFT_TRIAL = "euthymia.vault.put('typed', { id: 'probe-left', author: '', made: Date.now(), sealed: null })"
_STORED = """
async () => {
  const base = await new Promise((done) => {
    const asked = indexedDB.open("euthymia-kept");
    asked.onsuccess = () => done(asked.result);
  });
  const all = (name) => new Promise((done) => {
    const asked = base.transaction(name).objectStore(name).getAll();
    asked.onsuccess = () => done(asked.result);
  });
  const keys = await all("keys"), entries = await all("entries"), typed = await all("typed");
  base.close();
  const clear = [...entries, ...typed].map((row) => JSON.stringify(row) + [row.label, row.body, row.sealed]
    .filter(Boolean).map((part) => new TextDecoder("latin1").decode(part.bytes)).join());
  return { extractable: keys.map((key) => key.extractable), clear: clear.join() };
}
"""


def sets(window: Tablet, visit: str, pressure: str) -> list[str]:
    """The rows of a visit's readings that hold this pressure, as its page shows them."""
    window.open(f"/visits/{visit}/")
    return (
        window.page.locator('section[aria-labelledby="readings"] tbody tr')
        .filter(has_text=pressure)
        .all_inner_texts()
    )


def leave(window: Tablet) -> None:
    """Sign out from a page that can be reached."""
    window.page.goto("/board/")
    sign_out(window)


def sign_out(window: Tablet) -> None:
    """By the person's menu, which every page has."""
    window.page.locator(".user-menu summary").click()
    window.press("Sign out")
    window.page.wait_for_url(re.compile("/sign-in/"))
