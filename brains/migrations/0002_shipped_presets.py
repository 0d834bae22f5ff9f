"""The presets that Aura ships, and the one row of the change counter."""

from django.db import migrations

PRESETS = [
    {"name": "Default", "description": "Balanced: every value comes from the environment, .env or the built-in defaults."},
    {
        "name": "Budget",
        "description": "Cost-conscious: small, cheap models on every layer.",
        "l1_model": "google/gemma-7b-it",
        "l2_model": "anthropic/claude-3-haiku",
        "l3_model": "google/gemini-flash-1.5",
    },
    {
        "name": "Performance",
        "description": "Maximum quality, at a price.",
        "l1_model": "mistralai/mistral-7b-instruct",
        "l2_model": "anthropic/claude-3-opus",
        "l3_model": "anthropic/claude-3.5-sonnet",
    },
    {
        "name": "All-DeepSeek",
        "description": "Simplest: one provider for every layer.",
        "l1_model": "deepseek/deepseek-chat",
        "l2_model": "deepseek/deepseek-chat",
        "l3_model": "deepseek/deepseek-chat",
    },
    {
        "name": "Hybrid",
        "description": "Local L1 (Ollama or another server of yours), cloud L2 and L3.",
        "l1_model": "local/phi-3-mini-4k",
        "l2_model": "anthropic/claude-3.5-sonnet",
        "l3_model": "deepseek/deepseek-chat",
    },
    {
        "name": "Offline",
        "description": "No key, no network: embedded models on this machine's CPU.",
        "l1_model": "offline/smollm2-135m",
        "l2_model": "offline/smollm2-135m",
        "l3_model": "offline/smollm2-135m",
        "embedding_model": "offline/multilingual-e5-small",
        "embedding_dimension": 384,
    },
]


def ship(apps, schema_editor):
    preset = apps.get_model("brains", "ModelPreset")
    for fields in PRESETS:
        slug = fields["name"].lower()
        preset.objects.get_or_create(slug=slug, defaults={"name_skeleton": slug, **fields})
    apps.get_model("brains", "ChangeCounter").objects.get_or_create(pk=1)


def withdraw(apps, schema_editor):
    slugs = [fields["name"].lower() for fields in PRESETS]
    apps.get_model("brains", "ModelPreset").objects.filter(slug__in=slugs).delete()
    apps.get_model("brains", "ChangeCounter").objects.all().delete()


class Migration(migrations.Migration):
    dependencies = [("brains", "0001_initial")]
    operations = [migrations.RunPython(ship, withdraw)]
