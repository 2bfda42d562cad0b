"""One process per loaded model: `process` runs in it, `supervisor` watches it from the gateway."""
