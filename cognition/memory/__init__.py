"""Memory: what is kept of what people said, and finding it again by its meaning."""
