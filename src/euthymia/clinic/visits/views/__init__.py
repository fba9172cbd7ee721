"""Pages of this room. A view asks one query or one action; nothing here knows a table."""
