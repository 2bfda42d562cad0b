"""How well replies are held to JSON schemas: the official test suite, and schemas at random."""
