"""One call to a layer, for any OpenAI-compatible client."""
