"""When a change is taken back by itself, as the environment says."""

import dataclasses

from aura_site.environment import Environment
from gateway.guard.judgement import Limits

MAXIMUM = 100_000


def auto_revert(env: Environment) -> Limits | None:
    """Return the limits: AURA_AUTO_REVERT_LIMITS=calls=50,errors=0.1 and so on over the
    built-in ones; None when it is switched off."""
    if not env.boolean("AURA_AUTO_REVERT", True):
        return None
    names = tuple(field.name for field in dataclasses.fields(Limits))
    said = env.numbers("AURA_AUTO_REVERT_LIMITS", names, above=0, maximum=MAXIMUM)
    return dataclasses.replace(Limits(), **said)
