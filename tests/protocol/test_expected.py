"""When an effect is expected: by hand for both products, and what a later device or a longer infusion moves."""

from datetime import UTC, datetime, timedelta

import pytest

from euthymia.evidence import EvidenceError, expected, sources
from euthymia.protocol import Product
from euthymia.protocol.expected import Phase, windows

T0 = datetime(2026, 11, 20, 15, tzinfo=UTC)


def told(product, last):
    """Minutes after the first dose, by effect and phase."""
    found = windows(product, T0, None if last is None else T0 + timedelta(minutes=last))
    return {
        (each.effect, each.phase.value): tuple(
            (at - T0) / timedelta(minutes=1) for at in (each.begins, each.ends)
        )
        for each in found
    }


@pytest.mark.parametrize(
    ("product", "last", "peak", "settled"),
    [
        (Product.ESKETAMINE_NASAL, 0, (30, 50), (90, 240)),
        (Product.ESKETAMINE_NASAL, 10, (30, 60), (90, 250)),
        (Product.KETAMINE_IV, None, (28, 50), (60, 120)),
        (Product.KETAMINE_IV, 40, (28, 50), (60, 120)),
        (Product.KETAMINE_IV, 20, (28, 50), (60, 120)),
        (Product.KETAMINE_IV, 55, (28, 65), (60, 135)),
    ],
)
def test_the_windows_of_pressure_by_hand(product, last, peak, settled):
    found = told(product, last)
    assert found["pressure", Phase.HIGHEST] == peak
    assert found["pressure", Phase.SETTLES] == settled
    assert set(found) == {(e, p) for e in ("pressure", "dissociation") for p in ("highest", "settles")}


@pytest.mark.parametrize("product", list(Product))
def test_every_end_names_a_source_on_file(product):
    for window in windows(product, T0, T0):
        assert window.begins < window.ends
        for source, _ in window.sources:
            assert source in sources()


def test_nothing_is_made_up_for_a_product_nobody_wrote_about():
    with pytest.raises(EvidenceError, match="film"):
        expected("film")
