"""Notices of models that leave their provider soon: once per model and set of places where it
is named, so nobody is told the same every day."""

from brains import live
from brains.catalogue.catalogue import load
from brains.catalogue.leaving import Leaving, leaving
from brains.models import ModelPreset
from brains.wording import listed
from gateway.notices.channels import channels
from gateway.notices.events import Event, tell


def tell_of_leaving() -> None:
    """Tell of each model that leaves within 30 days."""
    if not channels():
        return
    presets = ModelPreset.objects.order_by("slug")
    for each in leaving(load(), presets, live.peek().selection):
        tell(_event(each))


def _event(leaving: Leaving) -> Event:
    where = listed(leaving.places)
    return Event(
        type="model.expiry",
        about=(leaving.model_id, *leaving.places),
        subject=f"Aura: {leaving.model_id} leaves on {leaving.day}",
        text=f"{leaving.sentence}\nIt is named by {where}: name another model there.",
        data={
            "model": leaving.model_id,
            "expires_on": leaving.day.isoformat(),
            "named_by": list(leaving.places),
            "nearest": list(leaving.nearest),
        },
    )
