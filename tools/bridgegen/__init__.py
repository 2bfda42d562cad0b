"""Bridgegen: `protocol/hearsay.yaml` becomes code, schemas, documents and test vectors."""
