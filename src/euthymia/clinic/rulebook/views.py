"""The medical director's desk: reading the rules, signing them, changing thresholds, choosing the jurisdiction.

A proposed change stands in the address, and judging it writes nothing: it is a get. Only the signature is posted.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from euthymia.clinic.access.pages import page, sent
from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.access.reauth import NotConfirmed, confirm
from euthymia.clinic.access.viewer import Reauthenticated
from euthymia.clinic.audit.facts import Refused
from euthymia.clinic.rulebook import actions, impact, queries
from euthymia.clinic.rulebook.forms import (
    AdoptForm,
    ChangeForm,
    FilterForm,
    JurisdictionForm,
    SignedForm,
    SignForm,
)
from euthymia.evidence import Jurisdiction

_READ, _SIGN = Permission.VIEW_RULES, Permission.SIGN_RULES


@page(_READ)
@require_safe
def rules_list(request: Any) -> HttpResponse:
    """Every rule of the clinic, in groups, filtered by the address."""
    wanted = FilterForm.wanted(request.GET)
    desk = queries.desk(request.viewer, wanted)
    context = {
        "desk": desk,
        "form": FilterForm(request.GET or None, desk.products),
        "wanted": wanted,
        "may_sign": request.viewer.may(_SIGN),
        "country": Jurisdiction(desk.jurisdiction).country,
        "query": request.GET.urlencode(),
    }
    return render(request, "rulebook/rules.html", context)


@page(_READ)
@require_safe
def rule(request: Any, rule_id: str) -> HttpResponse:
    """One rule with everything known of it: its sources, who signed it, what the clinic changed."""
    row = queries.rule_row(request.viewer, rule_id)
    context = {
        "rule": row,
        "signatures": queries.signatures(request.viewer, rule_id),
        "history": queries.history_of(request.viewer, rule_id),
        "may_sign": request.viewer.may(_SIGN),
        "crumbs": _crumbs((rule_id, None)),
    }
    return render(request, "rulebook/rule.html", context)


@page(_SIGN)
@require_http_methods(["GET", "POST"])
def sign(request: Any) -> HttpResponse:
    """Sign the chosen rules, or all that the filter in the address shows and nobody signed."""
    rows = _chosen(request)
    form = SignForm(sent(request))
    if not rows and request.method == "POST":
        form.add_error(None, "Choose at least one rule to sign.")

    def act(proof: Reauthenticated) -> str:
        actions.sign_rules(
            by=request.viewer,
            at=request.now,
            seen=dict(each.split("=", 1) for each in request.POST.getlist("seen") if "=" in each),
            label_version=form.cleaned_data["label_version"],
            reauth=proof,
            idempotency_key=form.cleaned_data["idempotency_key"],
        )
        return f"Signed: {_count(rows, 'rule')}."

    done = _take(request, form, act)
    context = {"form": form, "rules": rows, "meaning": actions.SIGN_RULES, "crumbs": _crumbs(("Sign", None))}
    return done or _show(request, "rulebook/sign.html", context, form)


@page(_SIGN)
@require_http_methods(["GET", "POST"])
def change(request: Any, rule_id: str) -> HttpResponse:
    """Propose other thresholds for a rule, see what they would change, and adopt them."""
    acting, delivered = queries.acting_rule(request.viewer, rule_id)
    entered = ChangeForm(request.GET if "reason" in request.GET else None, acting, delivered)
    form, found = AdoptForm(sent(request)), None
    if entered.is_bound and entered.is_valid():
        found = queries.proposed(request.viewer, entered.changes())
    form.fields["seen_number"].initial = found.number if found else 0
    if request.method == "POST" and (found is None or not found.is_permitted):
        form.add_error(None, "There is no change here that may be signed. Enter it and look at it first.")

    def act(proof: Reauthenticated) -> str:
        number = actions.adopt(
            by=request.viewer,
            at=request.now,
            changes=entered.changes(),
            why=entered.cleaned_data["reason"],
            label_version=entered.cleaned_data["label_version"],
            seen_number=form.cleaned_data["seen_number"],
            reauth=proof,
            idempotency_key=form.cleaned_data["idempotency_key"],
        )
        return f"Version {number} of the rule book acts from now on."

    if done := _take(request, form, act):
        return done
    shown = found if found is not None and found.is_permitted else None
    context = {
        "rule": queries.rule_row(request.viewer, rule_id),
        "entered": entered,
        "form": form,
        "found": found,
        "impact": impact.of(request.viewer, shown.before, shown.after, request.now) if shown else None,
        "meaning": actions.ADOPT,
        "crumbs": _crumbs((rule_id, reverse("rulebook:rule", args=[rule_id])), ("Change", None)),
    }
    return _show(request, "rulebook/change.html", context, form)


@page(_READ)
@require_safe
def versions(request: Any) -> HttpResponse:
    """Every version of the clinic's rule book."""
    written, acting = queries.versions(request.viewer), queries.version(request.viewer.clinic_id)
    context = {
        "versions": written,
        "acting": acting if written and acting not in {each.number for each in written} else None,
        "crumbs": _crumbs(("Versions", None)),
    }
    return render(request, "rulebook/versions.html", context)


@page(_READ)
@require_safe
def version(request: Any, version_id: Any) -> HttpResponse:
    """One version: what it changed, why, and who signed it."""
    found = queries.version_row(request.viewer, version_id)
    crumbs = _crumbs(("Versions", reverse("rulebook:versions")), (f"Version {found.number}", None))
    return render(request, "rulebook/version.html", {"version": found, "crumbs": crumbs})


@page(_SIGN)
@require_http_methods(["GET", "POST"])
def jurisdiction(request: Any) -> HttpResponse:
    """Choose the jurisdiction by whose rules the clinic works."""
    entered = JurisdictionForm(request.GET if "jurisdiction" in request.GET else None)
    form, found = AdoptForm(sent(request)), None
    acting = queries.book(request.viewer.clinic_id)
    if entered.is_bound and entered.is_valid():
        if entered.cleaned_data["jurisdiction"] == acting.jurisdiction:
            entered.add_error("jurisdiction", "The clinic works by these rules already.")
        else:
            found = queries.elsewhere(request.viewer, entered.cleaned_data["jurisdiction"])
    form.fields["seen_number"].initial = found.number if found else 0
    if request.method == "POST" and found is None:
        form.add_error(None, "Choose a jurisdiction and look at the change first.")

    def act(proof: Reauthenticated) -> str:
        number = actions.choose_jurisdiction(
            by=request.viewer,
            at=request.now,
            jurisdiction=entered.cleaned_data["jurisdiction"],
            why=entered.cleaned_data["reason"],
            seen_number=form.cleaned_data["seen_number"],
            reauth=proof,
            idempotency_key=form.cleaned_data["idempotency_key"],
        )
        return f"Version {number} of the rule book acts from now on."

    if done := _take(request, form, act):
        return done
    context = {
        "country": Jurisdiction(acting.jurisdiction).country,
        "entered": entered,
        "form": form,
        "found": found,
        "impact": impact.of(request.viewer, found.before, found.after, request.now) if found else None,
        "meaning": actions.CHOOSE,
        "crumbs": _crumbs(("Jurisdiction", None)),
    }
    return _show(request, "rulebook/jurisdiction.html", context, form)


# --- shared -----------------------------------------------------------------------------------------------------
def _take(request: Any, form: SignedForm, act: Callable[[Reauthenticated], str]) -> HttpResponse | None:
    """Do what was posted and signed; ``None`` when there is something to say in the form, or nothing was posted."""
    if request.method != "POST" or not form.is_valid():
        return None
    try:
        done = act(confirm(request))
    except NotConfirmed as problem:
        form.add_error(None, str(problem))
    except Refused as refused:
        form.refuse(refused)
    else:
        messages.success(request, done)
        return HttpResponseRedirect(reverse("rulebook:rules"), status=303)
    return None


def _show(request: HttpRequest, template: str, context: dict[str, Any], form: SignedForm) -> HttpResponse:
    return render(request, template, context, status=422 if form.errors else 200)


def _chosen(request: Any) -> tuple[queries.RuleRow, ...]:
    """The rules that the address names; with ``all``, those its filter shows and nobody has signed."""
    if "all" in request.GET:
        desk = queries.desk(request.viewer, FilterForm.wanted(request.GET))
        return tuple(row for group in desk.groups for row in group.rules if not row.is_signed)
    return queries.rows_of(request.viewer, request.GET.getlist("rule"))


def _crumbs(*more: tuple[str, str | None]) -> list[tuple[str, str | None]]:
    return [("Rules", reverse("rulebook:rules")), *more]


def _count(rows: tuple[Any, ...], noun: str) -> str:
    return f"{len(rows)} {noun}" + ("" if len(rows) == 1 else "s")
