"""A turn keeps its selection: what is done for it later is done by the same models."""

import json

from brains.selection import Ladder, Snapshot, resolve
from cognition.kept_selection import kept, restored

VALUES = {
    "l1_model": "a/one",
    "l1_fallback": "a/two,a/three",
    "embedding_model": "a/vectors",
    "embedding_dimension": "12",
}


def test_what_is_restored_is_what_was_kept():
    env = Ladder(env={"AURA_L2_MODEL": "e/two"}, dotenv={"AURA_L3_MODEL": "d/three"})
    whole = resolve(Snapshot("Budget", "budget", VALUES), env, revision=9)
    again = restored(json.loads(json.dumps(kept(whole))))
    assert again.digest == whole.digest
    assert again.fallbacks("l1") == ("a/two", "a/three")
    assert (again.dimension, again.preset_slug) == (12, "budget")
    assert str(again.choice("l2").source) == "env"


def test_no_preset_is_kept_as_none():
    again = restored(json.loads(json.dumps(kept(resolve(None, Ladder())))))
    assert again.preset is None
