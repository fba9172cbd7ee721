"""How forms and figures are drawn. Every room may import it; it imports none. Its templates lie with config."""
