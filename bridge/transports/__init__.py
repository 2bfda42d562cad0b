"""Transports: sockets, and nothing else."""
