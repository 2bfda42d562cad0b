"""Where the making of the model keeps its files."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / ".cache" / "demo_model"
TOKENIZER = CACHE / "tokenizer.json"
CHECKPOINT = CACHE / "checkpoint.pt"
LOG = CACHE / "train.log"
DATA = ROOT / "bridge" / "models" / "data"
MODEL = DATA / "tavern.gguf"
