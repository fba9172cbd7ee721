"""Two versions of one step side by side, and the small things a page sends along with what was typed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from euthymia.clinic.courses.intake.entry import QuestionsMixin, StepForm
from euthymia.clinic.courses.queries import Texts
from euthymia.protocol import Answer

NONE_BASES = {"asked": "asked the patient", "record": "read in the medical record"}
"""What one press may give as the basis of "none of these"."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One field in which two versions differ, in the words its user sees. ``choice``: the one filled in, if one."""

    name: str
    label: str
    mine: str
    theirs: str
    choice: str


def differences(form: StepForm, mine: Texts, theirs: Texts) -> tuple[Difference, ...]:
    """The fields that differ. Where only one version says something, that one is proposed."""
    found = []
    for name in form.text_names:
        here, there = _words(form, name, mine), _words(form, name, theirs)
        if here != there:
            choice = "" if here and there else "mine" if here else "theirs"
            found.append(Difference(name, form.label_of(name), here, there, choice))
    return tuple(found)


def chosen(form: StepForm, mine: Texts, theirs: Texts, said: Any) -> Texts | None:
    """What stands after the choice: field by field one version or the other; None while one is not chosen."""
    result = dict(mine)
    for each in differences(form, mine, theirs):
        choice = said.get(f"choose-{each.name}", "")
        if choice not in ("mine", "theirs"):
            return None
        if choice == "theirs":
            result[each.name] = theirs.get(each.name, ())
    return result


def none_of(form: StepForm, texts: Texts, pressed: str) -> Texts:
    """The texts after "none of these" of a group: what was not answered is none known, on the basis pressed.

    Where everything was answered before, nothing changes, the basis neither.
    """
    _, _, rest = pressed.partition(":")
    key, _, basis = rest.partition(":")
    if basis not in NONE_BASES:
        return texts
    result: dict[str, tuple[str, ...]] = dict(texts)
    if key == "use":
        for name in form.text_names:
            if name.startswith("use_") and not any(texts.get(name, ())):
                result[name] = ("none",)
        return result | {"basis": (basis,)} if result != texts else texts
    for group in form.question_groups if isinstance(form, QuestionsMixin) else ():
        if group.key != key:
            continue
        for question in group.questions:
            name = question.answer.name
            if not any(texts.get(name, ())) or texts[name] == (Answer.NOT_ASKED.value,):
                result[name] = (Answer.NONE_KNOWN.value,)
        if result != texts:
            result[group.basis.name] = (basis,)
    return result


def page_of(sent: Mapping[str, str]) -> UUID | None:
    """The key of the open page that sends; None when it carries none."""
    try:
        return UUID(sent.get("idempotency_key", ""))
    except ValueError:
        return None


def device_words(agent: str) -> str:
    """What a page was typed on, as far as the browser says: enough to tell a tablet from the desk."""
    browsers = (("Edg", "Edge"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari"))
    browser = next((name for mark, name in browsers if mark in agent), "a browser")
    if "iPad" in agent or ("Android" in agent and "Mobile" not in agent):
        return f"{browser} on a tablet"
    if "Mobile" in agent or "iPhone" in agent:
        return f"{browser} on a phone"
    return f"{browser} on a computer"


def _words(form: StepForm, name: str, texts: Texts) -> str:
    return form.words_of(name, (value.strip() for value in texts.get(name, ()) if value.strip()))
