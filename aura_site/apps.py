"""The room's Django configuration."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.module_loading import import_string

from brains import called, preferred, status_pace
from brains.canary import figures
from brains.preview import traffic


class AuraSiteConfig(AppConfig):
    name = "aura_site"
    verbose_name = "Aura"

    def ready(self) -> None:
        """Let the pages say how quick layers are, which go badly, what came of a canary's
        sides, what a change would cost, what came of calls, and which presets people
        preferred; and let an upgrade give new permissions to the groups that ship."""
        # By name: tables cannot be imported before every room is ready.
        status_pace.say_by(import_string("aura_site.pace.paces"))
        say_by = import_string("brains.attention.say_by")
        say_by(import_string("aura_site.lately.attention"))
        figures.say_by(import_string("aura_site.canary.figures"))
        figures.seen_by(import_string("aura_site.canary.failing"))
        traffic.given_by(import_string("aura_site.traffic.used"))
        called.lives_by(import_string("aura_site.called.lives"))
        called.compare_by(import_string("aura_site.called.compared"))
        preferred.given_by(import_string("cognition.playground.tally.of_preset"))
        # This app is the first, so it is before Django makes the permissions that are new.
        post_migrate.connect(
            import_string("aura_site.groups.make_permissions"),
            dispatch_uid="aura_site.groups.make_permissions",
        )
