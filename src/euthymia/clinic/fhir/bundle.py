"""A FHIR R4 Bundle as far as a referral needs it: its resources, checked, and how they refer to each other."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from euthymia.clinic.fhir.tree import Used, writable

READ = ("ServiceRequest", "Patient", "Condition", "Practitioner", "PractitionerRole", "Organization")
"""The resources that are made use of. Any other is shown as it stands."""

_KINDS = ("transaction", "collection")
_FORBIDDING = ("modifierExtension", "implicitRules")
_MOST_PROBLEMS = 100  # ours: whoever has more sends another file


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a bundle cannot be taken, or what was noted in taking it: where, and a sentence."""

    path: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource of the bundle, with the path it stands at and the address others refer to it by."""

    kind: str
    node: dict[str, Any]
    path: str
    full_url: str

    @property
    def name(self) -> str:
        """Its address within a server, as "Patient/7"; empty where it has no id."""
        identifier = self.node.get("id")
        return f"{self.kind}/{identifier}" if isinstance(identifier, str) else ""


@dataclass(slots=True)
class Bundle:
    """The resources, what is wrong with them, and what was made use of."""

    resources: list[Resource] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    notes: list[Problem] = field(default_factory=list)
    used: Used = field(default_factory=Used)

    def of(self, kind: str) -> list[Resource]:
        """The resources of one kind, in the order of the file."""
        return [each for each in self.resources if each.kind == kind]

    def wrong(self, path: str, sentence: str) -> None:
        """Note why the bundle cannot be taken. Of very many problems the first ones are told."""
        if len(self.problems) < _MOST_PROBLEMS:
            self.problems.append(Problem(path, sentence))
        elif len(self.problems) == _MOST_PROBLEMS:
            self.problems.append(Problem("Bundle", "There are more problems than are shown here."))

    def note(self, path: str, sentence: str) -> None:
        """Note something that does not stop the import and should be seen."""
        self.notes.append(Problem(path, sentence))

    def referred(self, resource: Resource, reference: object) -> Resource | None:
        """The resource that a reference leads to: within the same resource, by full address, or by kind and id."""
        target = reference.get("reference") if isinstance(reference, dict) else None
        if not isinstance(target, str):
            return None
        if target.startswith("#"):
            return self._contained(resource, target[1:])
        matching = [each for each in self.resources if target in (each.full_url, each.name) and target]
        return matching[0] if len(matching) == 1 else None

    def _contained(self, resource: Resource, identifier: str) -> Resource | None:
        for number, node in enumerate(resource.node.get("contained") or ()):
            if isinstance(node, dict) and node.get("id") == identifier:
                return Resource(
                    str(node.get("resourceType")), node, f"{resource.path}.contained[{number}]", ""
                )
        return None


def read(tree: Any) -> Bundle:
    """Take the resources out of a bundle, and check each that is made use of against FHIR R4's own structure."""
    bundle = Bundle()
    if not isinstance(tree, dict) or tree.get("resourceType") != "Bundle":
        bundle.wrong(
            "Bundle", "This is not a FHIR Bundle. A referral comes as one Bundle that holds the request."
        )
        return bundle
    if tree.get("type") not in _KINDS:
        bundle.wrong("Bundle.type", "The Bundle must be a transaction or a collection.")
    entries = tree.get("entry")
    if not isinstance(entries, list) or not entries:
        bundle.wrong("Bundle.entry", "The Bundle holds no entry.")
        return bundle
    bundle.used.add("Bundle.resourceType", "Bundle.type", "Bundle.id")
    for number, entry in enumerate(entries):
        _take(bundle, entry, f"Bundle.entry[{number}]", tree.get("type") == "transaction")
    _check_addresses(bundle)
    for path in _forbidding(tree, "Bundle"):
        bundle.wrong(path, "This changes the meaning of what it stands in, and it is not understood here.")
    return bundle


def _take(bundle: Bundle, entry: Any, path: str, transaction: bool) -> None:
    node = entry.get("resource") if isinstance(entry, dict) else None
    if not isinstance(node, dict) or not isinstance(node.get("resourceType"), str):
        bundle.wrong(f"{path}.resource", "This entry holds no resource.")
        return
    request = entry.get("request")
    if transaction:
        method = request.get("method") if isinstance(request, dict) else None
        if method not in ("POST", "PUT"):
            bundle.wrong(f"{path}.request.method", "In a transaction each entry must say POST or PUT.")
    full_url = entry.get("fullUrl")
    kind = node["resourceType"]
    resource = Resource(kind, node, f"{path}.resource", full_url if isinstance(full_url, str) else "")
    bundle.used.add(f"{path}.fullUrl", f"{path}.request")
    bundle.resources.append(resource)
    if kind in READ:
        _check_structure(bundle, resource)


def _check_structure(bundle: Bundle, resource: Resource) -> None:
    """What ``fhir.resources`` finds: missing and unknown elements, and values of the wrong form."""
    bundle.used.add(f"{resource.path}.resourceType", f"{resource.path}.id")
    module = importlib.import_module(f"fhir.resources.R4B.{resource.kind.lower()}")
    try:
        getattr(module, resource.kind).model_validate(resource.node)
    except ValidationError as error:
        for found in error.errors(include_url=False, include_context=False, include_input=False):
            bundle.wrong(_path(resource.path, found["loc"]), _sentence(found["type"], found["msg"]))
    except (
        Exception
    ):  # the library raises what it happens to meet: an unknown contained resource is a KeyError
        bundle.wrong(resource.path, f"This {resource.kind} does not have the structure of FHIR R4.")


def _path(start: str, loc: tuple[int | str, ...]) -> str:
    return start + "".join(f"[{part}]" if isinstance(part, int) else f".{writable(part)}" for part in loc)


def _sentence(kind: str, message: str) -> str:
    if kind == "missing":
        return "This element is missing and FHIR requires it."
    if kind == "extra_forbidden":
        return "FHIR R4 has no such element here."
    return f"This does not fit FHIR R4: {writable(message.removeprefix('Value error, '))}."


def _check_addresses(bundle: Bundle) -> None:
    seen: dict[str, str] = {}
    for each in bundle.resources:
        for address in {each.full_url, each.name} - {""}:
            if address in seen:
                bundle.wrong(each.path, f"Another entry has the same address, {writable(address)[:120]}.")
            seen[address] = each.path


def _forbidding(tree: Any, path: str) -> Iterator[str]:
    waiting = [(tree, path)]
    while waiting:
        node, here = waiting.pop()
        if isinstance(node, dict):
            yield from (f"{here}.{key}" for key in _FORBIDDING if node.get(key))
            waiting += [(value, f"{here}.{key}") for key, value in node.items()]
        elif isinstance(node, list):
            waiting += [(value, f"{here}[{number}]") for number, value in enumerate(node)]
