"""The engines, by name. Nothing heavy is imported here: help texts list them."""

# The fastest first.
ENGINES = ("sql", "portable", "python")
