"""Jobs: what clients asked for, and the peers that asked."""
