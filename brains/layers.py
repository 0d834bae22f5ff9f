"""The four layers of a brain, the five values that configure them, and the fallbacks beside
these. Nothing here reads a setting: the names, variables and built-in defaults are the same
everywhere."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Value:
    """One value of a selection: a preset's field, its variable, its default."""

    field: str
    variable: str
    default: str


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer: its wire name, what it is for, the value that names its model, and the one
    that names the models to try when that fails.

    The embedding layer has no fallback: vectors of different models do not mix.
    """

    name: str
    title: str
    role: str
    purpose: str
    model: Value
    fallback: Value | None = None


L1 = Layer(
    name="l1",
    title="L1",
    role="instinct",
    purpose="The quick first reaction: its first token should come within 500 ms.",
    model=Value("l1_model", "AURA_L1_MODEL", "mistralai/mistral-7b-instruct"),
    fallback=Value("l1_fallback", "AURA_L1_FALLBACK", ""),
)
L2 = Layer(
    name="l2",
    title="L2",
    role="reasoning",
    purpose="Deep analysis in the background: it may take minutes.",
    model=Value("l2_model", "AURA_L2_MODEL", "anthropic/claude-3.5-sonnet"),
    fallback=Value("l2_fallback", "AURA_L2_FALLBACK", ""),
)
L3 = Layer(
    name="l3",
    title="L3",
    role="synthesis",
    purpose="The reply that people read: its first token should come within 2 s.",
    model=Value("l3_model", "AURA_L3_MODEL", "deepseek/deepseek-chat"),
    fallback=Value("l3_fallback", "AURA_L3_FALLBACK", ""),
)
EMBEDDING = Layer(
    name="embedding",
    title="Embedding",
    role="meaning",
    purpose="Turns text into a vector. Stored vectors only compare with their own model's.",
    model=Value(
        "embedding_model", "AURA_EMBEDDING_MODEL", "openai/text-embedding-3-small"
    ),
)
DIMENSION = Value("embedding_dimension", "AURA_EMBEDDING_DIMENSION", "1536")

LAYERS: tuple[Layer, ...] = (L1, L2, L3, EMBEDDING)
LAYER_BY_NAME: dict[str, Layer] = {layer.name: layer for layer in LAYERS}
VALUES: tuple[Value, ...] = (*(layer.model for layer in LAYERS), DIMENSION)
FALLBACKS: tuple[Value, ...] = tuple(
    layer.fallback for layer in LAYERS if layer.fallback
)
FALLBACK_FIELDS: frozenset[str] = frozenset(value.field for value in FALLBACKS)
# All that a preset may set, each fallback after the model that it stands behind.
SETTABLE: tuple[Value, ...] = (
    *(v for layer in LAYERS for v in (layer.model, layer.fallback) if v),
    DIMENSION,
)
FIELDS: tuple[str, ...] = tuple(value.field for value in SETTABLE)
VARIABLES: tuple[str, ...] = tuple(value.variable for value in SETTABLE)
