"""The four layers of a brain and the five values that configure them. Nothing here reads
a setting: the names, variables and built-in defaults are the same everywhere."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Value:
    """One of the five values of a selection: a preset's field, its variable, its default."""

    field: str
    variable: str
    default: str


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer: its wire name, what it is for, and the value that names its model."""

    name: str
    title: str
    role: str
    purpose: str
    model: Value


L1 = Layer(
    name="l1",
    title="L1",
    role="instinct",
    purpose="The quick first reaction: its first token should come within 500 ms.",
    model=Value("l1_model", "AURA_L1_MODEL", "mistralai/mistral-7b-instruct"),
)
L2 = Layer(
    name="l2",
    title="L2",
    role="reasoning",
    purpose="Deep analysis in the background: it may take minutes.",
    model=Value("l2_model", "AURA_L2_MODEL", "anthropic/claude-3.5-sonnet"),
)
L3 = Layer(
    name="l3",
    title="L3",
    role="synthesis",
    purpose="The reply that people read: its first token should come within 2 s.",
    model=Value("l3_model", "AURA_L3_MODEL", "deepseek/deepseek-chat"),
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
FIELDS: tuple[str, ...] = tuple(value.field for value in VALUES)
VARIABLES: tuple[str, ...] = tuple(value.variable for value in VALUES)
