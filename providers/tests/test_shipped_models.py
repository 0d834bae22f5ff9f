"""The models that come with Aura: the file can be read, says where it is from, and knows
which of the shipped presets' models are gone."""

import json
from datetime import date

from brains.values import model_id_problem
from providers.listed_model import Kind
from providers.shipped_models import PATH, shipped_models

FILE = json.loads(PATH.read_text())


def test_the_models_are_of_a_day_and_have_what_a_form_shows():
    shipped = shipped_models()
    haiku = next(m for m in shipped.models if m.id == "anthropic/claude-3-haiku")

    assert shipped.day >= date(2026, 9, 1)
    assert haiku.price == ("0.00000025", "0.00000125")
    assert haiku.context_length == 200_000
    assert haiku.input_modalities == ("text", "image") and "tools" in haiku.parameters


def test_both_lists_say_where_they_are_from():
    for head in (FILE, FILE["listed"]):
        assert date.fromisoformat(head["date"]) <= date.today()
        assert head["source"] and head["version"] and head["licence"] == "MIT"
        assert "Permission is hereby granted" in head["notice"]
    assert len(PATH.read_bytes()) < 250_000


def test_each_id_can_be_typed():
    assert [m.id for m in shipped_models().models if model_id_problem(m.id)] == []


def test_both_kinds_are_there():
    kinds = [model.kind for model in shipped_models().models]

    assert kinds.count(Kind.CHAT) > 300 and kinds.count(Kind.EMBEDDING) >= 3


def test_a_retired_model_is_known_and_not_listed():
    shipped = shipped_models()
    listed = {model.id for model in shipped.models}

    assert "anthropic/claude-3.5-sonnet" in shipped.known - listed
    assert "deepseek/deepseek-chat" in listed
