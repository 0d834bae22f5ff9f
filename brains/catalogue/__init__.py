"""The catalogue: which models the configured providers have, as they last said themselves.
Nothing here decides what is effective, and no provider is waited for but in the background."""
