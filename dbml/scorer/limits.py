"""How large a model may be, whatever its file says: asked before anything of that size is made."""

from __future__ import annotations

# A table has at most 1,600 columns, and loose values (jsonb) may have more.
MAX_FEATURES = 10_000
# Values that are made of one row.
MAX_ELEMENTS = 500_000
