"""A sidecar for players: one folder, with Python and llama.cpp in it."""
