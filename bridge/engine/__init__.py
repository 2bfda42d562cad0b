"""Tokens in, tokens out: batching over one llama.cpp context, without sockets or a clock."""
