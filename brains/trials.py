"""What is live on trial, as people are shown it: how long still, and what comes back then.
Who ends a trial, and how, is in `activation`."""

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from brains import activation
from brains.canary import rows as canaries
from brains.canary.sentences import ends_with_change
from brains.models import Activation
from brains.wording import exact


@dataclass(frozen=True, slots=True)
class Trial:
    """A live revision that ends by itself at `ends_at`, and the one that comes back then
    (None: no preset ever was live before). `and_canary` says that a canary ends with it."""

    live: Activation
    ends_at: datetime
    comes_back: Activation | None
    and_canary: str = ""

    @property
    def name(self) -> str:
        """What is on trial."""
        return self.live.preset_name or "What is live"

    @property
    def left_s(self) -> int:
        """How many seconds it has still."""
        return max(0, round((self.ends_at - timezone.now()).total_seconds()))

    @property
    def ends(self) -> str:
        """When it ends, to the second."""
        return exact(self.ends_at)

    @property
    def then(self) -> str:
        """What happens at its end."""
        if self.comes_back is None:
            return "no preset is live"
        return f"{named(self.comes_back)} comes back"


def on_trial() -> Trial | None:
    """Return what is live on trial, as the database says; None when nothing is."""
    return trial_of(activation.latest())


def trial_of(newest: Activation | None) -> Trial | None:
    """Return the live revision as a trial; None when it is for good."""
    if newest is None or newest.confirm_by is None:
        return None
    before = Activation.objects.filter(revision=newest.returns_to or 0)
    ends = ends_with_change(canaries.running())
    return Trial(newest, newest.confirm_by, before.first(), and_canary=ends)


def named(entry: Activation) -> str:
    """Return "revision 17 (Budget)"."""
    return f"revision {entry.revision} ({entry.preset_name or 'no preset'})"
