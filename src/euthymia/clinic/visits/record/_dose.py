"""The order, its check and what was given."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cached_property

from euthymia.clinic.visits import models
from euthymia.clinic.visits.models.dose import InfusionStep
from euthymia.clinic.visits.record._standing import IN_ORDER, last
from euthymia.clinic.visits.record._visit import VisitRows
from euthymia.protocol import Product
from euthymia.protocol.route import Route
from euthymia.protocol.route import usual as usual_route


class DoseRows(VisitRows):
    """The order, its check and what was given."""

    @cached_property
    def orders(self) -> Sequence[models.Order]:
        return self._all(models.Order, "signature", "cancellation")

    @property
    def order(self) -> models.Order | None:
        """The order that stands: the last one that was not cancelled."""
        return last(order for order in self.orders if getattr(order, "cancellation", None) is None)

    @cached_property
    def bedside_checks(self) -> Sequence[models.BedsideCheck]:
        return self._all(models.BedsideCheck, "confirmed_by")

    @property
    def bedside_check(self) -> models.BedsideCheck | None:
        """The last confirmation of the order that stands; of none where none stands."""
        order = self.order
        return last(each for each in self.bedside_checks if order is not None and each.order_id == order.id)

    @cached_property
    def drug_account(self) -> models.DrugAccount | None:
        return self._latest(models.DrugAccount)

    @cached_property
    def devices(self) -> Sequence[models.DeviceAdministration]:
        return sorted(
            self._all(models.DeviceAdministration, "given_by"),
            key=lambda device: (device.measured_at, device.number),
        )

    @cached_property
    def infusion(self) -> Sequence[models.InfusionEvent]:
        return sorted(self._all(models.InfusionEvent, "given_by"), key=lambda event: event.measured_at)

    def pump(self, *steps: InfusionStep) -> models.InfusionEvent | None:
        """The last pump event that is one of ``steps``."""
        return last(event for event in self.infusion if event.step in steps)

    @cached_property
    def direct(self) -> Sequence[models.DirectDose]:
        """Doses that needed neither device nor pump, and when what was held in the mouth was out."""
        if self.product is Product.ESKETAMINE_NASAL:
            return ()  # a spray is given into the nose and nowhere else
        return sorted(self._all(models.DirectDose, "given_by"), key=IN_ORDER["direct"])

    @property
    def direct_given(self) -> Sequence[models.DirectDose]:
        """Injections, and doses put into the mouth."""
        return [row for row in self.direct if row.step == models.DirectStep.GIVEN]

    @property
    def in_mouth(self) -> Sequence[models.DirectDose]:
        """Doses that are still held under the tongue."""
        out = {row.number for row in self.direct if row.step == models.DirectStep.ENDED}
        held = Route.SUBLINGUAL.value
        return [row for row in self.direct_given if row.route == held and row.number not in out]

    @property
    def given_route(self) -> Route:
        """By which route the last dose went; the usual one before any. A board asks this without the orders."""
        given = self.direct_given
        return Route(given[-1].route) if given else usual_route(self.product)

    @property
    def route(self) -> Route:
        """By which route the last dose went; before any, by which it is ordered."""
        if self.direct_given or self.infusion or self.order is None or not self.order.route:
            return self.given_route
        return Route(self.order.route)

    @cached_property
    def t0(self) -> datetime | None:
        """The start of the first device or of the infusion, or the first dose by another route; ``None`` before it."""
        if self.devices:
            return self.devices[0].measured_at
        start = self.pump(InfusionStep.STARTED)
        begun = [each.measured_at for each in (*self.direct_given[:1], *((start,) if start else ()))]
        return min(begun, default=None)

    @cached_property
    def last_dose_at(self) -> datetime | None:
        """The start of the last device, the infusion's end, the last injection or the empty mouth.

        ``None`` before t0, while an infusion runs, and while something is held under the tongue.
        """
        if self.devices:
            return self.devices[-1].measured_at
        start, end = self.pump(InfusionStep.STARTED), self.pump(InfusionStep.STOPPED, InfusionStep.ENDED)
        if self.in_mouth or (start and not end):
            return None
        return max((each.measured_at for each in (*self.direct, *((end,) if end else ()))), default=None)
