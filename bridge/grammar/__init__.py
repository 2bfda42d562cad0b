"""What a reply may be held to, written as one grammar: JSON schemas, choices, regexes, GBNF."""
