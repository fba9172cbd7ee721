"""Constraints that several rooms put on their tables."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import models


def one_of(field: str, words: Iterable[str], *, or_blank: bool = False) -> models.CheckConstraint:
    """A constraint that ``field`` holds one of ``words``; the empty word too with ``or_blank``.

    The words are kept in the order given, so that a migration does not change when nothing did.
    """
    allowed = [*([""] if or_blank else []), *(str(word) for word in words)]
    return models.CheckConstraint(
        condition=models.Q(**{f"{field}__in": allowed}), name=f"%(app_label)s_%(class)s_{field}_known"
    )


def within(field: str, lowest: float, highest: float) -> models.CheckConstraint:
    """A constraint that ``field`` lies between ``lowest`` and ``highest``, both included: the possible."""
    return models.CheckConstraint(
        condition=models.Q(**{f"{field}__gte": lowest, f"{field}__lte": highest}),
        name=f"%(app_label)s_%(class)s_{field}_possible",
    )
