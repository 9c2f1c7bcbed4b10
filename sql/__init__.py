"""SQL texts, one object a file."""
