"""How forms and figures are drawn. Every room may import it; it imports none. Templates: config."""
