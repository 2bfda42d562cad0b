"""The training text: dialogues written by grammars, every sentence the project's own."""
