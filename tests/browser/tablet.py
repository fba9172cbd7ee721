"""A tablet on the ward: one browser window, what its user does with it, and what must never happen in it."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from tests.browser.serving import ROOT

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ConsoleMessage
    from tests.browser.serving import ServedClinic

DESKTOP = {"width": 1280, "height": 900}
TABLET = {"width": 820, "height": 1180}
PHONE = {"width": 390, "height": 844}

PRIMARY = ".action-bar button.button-primary, .action-bar button.button-danger-fill"

_PATIENCE_MS = 45_000  # a slow machine is no fault; what never comes still fails
_SHIFT_LIMIT = 0.01  # ours: a tenth of what the Web Vitals call good; nothing of ours moves by itself

# What the page itself says about layout shift and refused content, gathered before anything else runs.
_WATCH = """
(() => {
  const seen = { shift: 0, refused: [] };
  Object.defineProperty(window, "__seen", { value: seen });
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) seen.shift += entry.value;
  }).observe({ type: "layout-shift", buffered: true });
  document.addEventListener("securitypolicyviolation", (event) => {
    seen.refused.push(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}`);
  });
})();
"""


class Tablet:
    """One window. ``judge`` fails on script errors, refused content and what cannot be loaded.

    Chromium resolves no other host than the clinic's: a request to one fails, and the console says so.
    """

    def __init__(
        self,
        browser: Browser,
        clinic: ServedClinic,
        *,
        size: dict[str, int] | None = None,
        workers: bool = False,
        loses_connection: bool = False,
    ) -> None:
        """``workers`` lets the page be installed that stands in without a connection; it would hide what routes cut.

        With ``loses_connection`` the bar that says so may move a page, as far as the Web Vitals call good.
        """
        self.may_shift = 0.1 if loses_connection else _SHIFT_LIMIT
        self.clinic = clinic
        self.context = browser.new_context(
            viewport=size or DESKTOP,  # type: ignore[arg-type]
            base_url=clinic.url,
            ignore_https_errors=clinic.url.startswith("https:"),
            reduced_motion="reduce",
            service_workers="allow" if workers else "block",
        )
        self.context.set_default_timeout(_PATIENCE_MS)
        self.context.add_init_script(_WATCH)
        self.page = self.context.new_page()
        self.troubles: list[str] = []
        self.expects_failures = False
        self.email = ""
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.troubles.append(f"script error: {error}"))

    # --- watching ----------------------------------------------------------------------------------------
    def _hear(self, message: ConsoleMessage) -> None:
        if message.type != "error" or self.expects_failures:
            return
        # A refused form answers 409 or 422 and a denied page 403; Chromium calls each an error.
        if "Failed to load resource" in message.text and any(
            f"status of {c}" in message.text for c in (403, 404, 409, 422)
        ):
            return
        self.troubles.append(f"console: {message.text} at {message.location['url']}")

    def look(self) -> None:
        """Take note of what the page itself has seen so far; before it is left."""
        seen: dict[str, Any] = self.page.evaluate("window.__seen")
        self.troubles += [f"refused by the policy: {what}" for what in seen["refused"]]
        if seen["shift"] >= self.may_shift:
            self.troubles.append(f"{self.page.url}: the layout shifted by {seen['shift']:.2f}")

    def judge(self) -> None:
        """Fail with everything that must not happen."""
        assert not self.troubles, "\n".join(self.troubles)

    # --- using -------------------------------------------------------------------------------------------
    def open(self, path: str) -> None:
        """Go to a page of the clinic; whoever was signed out for idling meanwhile signs in again."""
        from playwright.sync_api import Error

        try:
            self.page.goto(path)
        except Error as problem:  # the page was just going somewhere by itself
            if "ERR_ABORTED" not in problem.message:
                raise
            self.page.goto(path)
        if self.email and urlsplit(self.page.url).path.startswith("/sign-in/"):
            self.sign_in(self.email)
            self.page.goto(path)
        self.look()

    def sign_in(self, email: str) -> None:
        """Sign in with password and one-time code, as the window's own requests but without drawing a page.

        What the window shows stays as it was: open a page next. Nothing that scripts do on the pages before sign-in
        is done.
        """
        self.email = email
        person = self.clinic.sign_ins[email]
        if self.clinic.url.startswith("https:"):  # a name that the browser alone can resolve
            self.page.goto("about:blank")
            self.context.clear_cookies()
            return self.sign_in_by_hand(email)
        self.context.request.get("/sign-in/")
        (token,) = (each["value"] for each in self.context.cookies() if each["name"] == "csrf")  # type: ignore[typeddict-item]
        for path, said in (
            ("/sign-in/", {"login": email, "password": person["password"]}),
            ("/sign-in/second-factor/", {"code": self.clinic.code(email)}),
        ):
            form = said | {"csrfmiddlewaretoken": token}
            answer = self.context.request.post(path, form=form, max_redirects=0)  # type: ignore[arg-type]
            assert answer.status == 302, f"{path} answered {answer.status}:\n{answer.text()[:2000]}"
        assert not answer.headers["location"].startswith("/sign-in/"), answer.headers["location"]
        return None

    def sign_in_by_hand(self, email: str) -> None:
        """Sign in with password and one-time code on the pages themselves."""
        self.email = email
        person = self.clinic.sign_ins[email]
        self.page.goto("/sign-in/")
        self.page.locator('[name="login"]').fill(email)
        self.page.locator('[name="password"]').fill(person["password"])
        self.page.locator('[name="password"]').press("Enter")
        self.page.locator('[name="code"]').fill(self.clinic.code(email))
        self.page.locator('[name="code"]').press("Enter")
        self.page.locator(".user-menu, [data-menu]").first.wait_for()

    def fill_in(self, values: Mapping[str, str | bool], form: str = "main form") -> None:
        """Fill a form's fields by their names, each as its kind wants it."""
        for name, value in values.items():
            field = self.page.locator(f'{form} [name="{name}"]')
            kind = field.first.evaluate("each => each.tagName === 'SELECT' ? 'select' : each.type")
            if kind == "radio":
                field.and_(self.page.locator(f'[value="{value}"]')).first.check(force=True)
            elif kind == "checkbox":
                field.first.set_checked(bool(value), force=True)
            elif kind == "select":
                field.first.select_option(str(value))
            else:
                field.first.fill(str(value))

    def sign(self, email: str) -> None:
        """Fill in the signature with password and a fresh code."""
        self.page.locator('[name="signature_password"]').fill(self.clinic.sign_ins[email]["password"])
        self.page.locator('[name="signature_code"]').fill(self.clinic.code(email))

    def witness(self, email: str) -> None:
        """Somebody else signs on this tablet with their own password and a fresh code."""
        person = self.clinic.sign_ins[email]
        self.page.locator('[name="witness"]').select_option(label=person["name"])
        self.page.locator('[name="witness_password"]').fill(person["password"])
        self.page.locator('[name="witness_code"]').fill(self.clinic.code(email))

    def send(self, button: str = PRIMARY) -> None:
        """Press the page's button and wait for its answer; what was refused is a failure that says why."""
        with self.page.expect_response(lambda answer: answer.request.method == "POST"):
            self.page.locator(button).last.click()
        for busy in (".htmx-request", ".htmx-swapping", ".htmx-settling"):
            self.page.locator(busy).first.wait_for(state="detached")
        self.page.wait_for_load_state()
        refused = self.page.locator("[data-error-summary], [data-problem]")
        if refused.count():
            raise AssertionError(f"{self.page.url}: {refused.first.inner_text()}\n{self._gate()}")

    def _gate(self) -> str:
        needed = self.page.locator("[data-gate], .gate")
        return needed.first.inner_text() if needed.count() else ""

    def enter(
        self, path: str, values: Mapping[str, str | bool], *, signer: str = "", button: str = ""
    ) -> None:
        """Open a page, fill in its form, sign it if asked, and send it."""
        self.open(path)
        self.fill_in(values)
        if signer:
            self.sign(signer)
        self.send(button) if button else self.send()

    def press(self, name: str) -> None:
        """Press a button by its words."""
        self.page.get_by_role("button", name=name).first.click()

    def add_passkey_device(self) -> None:
        """Plug in a virtual security key that answers every question."""
        session = self.context.new_cdp_session(self.page)
        session.send("WebAuthn.enable")
        session.send(
            "WebAuthn.addVirtualAuthenticator",
            {
                "options": {
                    "protocol": "ctap2",
                    "transport": "internal",
                    "hasResidentKey": True,
                    "hasUserVerification": True,
                    "isUserVerified": True,
                    "automaticPresenceSimulation": True,
                }
            },
        )

    # --- judging a page ----------------------------------------------------------------------------------
    def axe(self, *rules: str) -> list[str]:
        """What axe finds wrong with the page, a line for each; by all its rules or by those named."""
        from axe_playwright_python.base import AXE_SCRIPT

        tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
        options = {
            "runOnly": {"type": "rule", "values": list(rules)} if rules else tags,
            "resultTypes": ["violations"],
        }
        if not self.page.evaluate("'axe' in window"):  # half a megabyte, read once for a page
            self.page.evaluate(AXE_SCRIPT)
        found = self.page.evaluate("asked => axe.run(document, asked).then(told => told.violations)", options)
        return [
            f"{self.page.url}: {rule['id']}: {rule['help']}: {json.dumps(node['target'])} {node['html'][:99]}"
            for rule in found
            for node in rule["nodes"]
        ]

    def choose(self, theme: str) -> None:
        """Set the screen's theme, as the menu's button does."""
        cookie = {"name": "theme", "value": theme, "url": self.clinic.url}
        self.context.add_cookies([cookie])  # type: ignore[list-item]

    def resize(self, size: dict[str, int]) -> None:
        """Make the window another size."""
        self.page.set_viewport_size(size)  # type: ignore[arg-type]

    def dim(self) -> None:
        """Draw the page as the dim theme does, until another page is opened."""
        self._wear("dim")

    def light(self) -> None:
        """Draw the page as the light theme does, until another page is opened."""
        self._wear("light")

    def _wear(self, theme: str) -> None:
        self.page.evaluate(f"document.documentElement.dataset.theme = '{theme}'")  # as the server writes it

    def links(self) -> list[str]:
        """The addresses of the clinic that the page leads to."""
        found = self.page.locator("a[href^='/']").evaluate_all(
            "all => all.map(one => one.getAttribute('href'))"
        )
        return [address.split("#")[0] for address in found]

    def overflow(self) -> int:
        """By how many pixels the page is wider than its window."""
        return int(self.page.evaluate("document.documentElement.scrollWidth - window.innerWidth"))

    def photograph(self, path: Path, *, whole: bool = True) -> None:
        """Save a picture of the page."""
        path.parent.mkdir(exist_ok=True, parents=True)
        self.page.screenshot(path=path, full_page=whole)

    def show(self, path: Path, *, whole: bool = True) -> None:
        """Save a picture for people to look at, where ``EUTHYMIA_PICTURES=1`` asks for them."""
        if os.environ.get("EUTHYMIA_PICTURES") == "1":
            self.photograph(path, whole=whole)

    def publish(self, name: str) -> None:
        """Save what is in sight as a picture of the documents, where ``EUTHYMIA_WRITE_IMAGES=1`` asks for it."""
        if os.environ.get("EUTHYMIA_WRITE_IMAGES") == "1":
            self.photograph(ROOT / "docs" / "images" / f"{name}.png", whole=False)

    def close(self) -> None:
        """Close the window."""
        self.context.close()
