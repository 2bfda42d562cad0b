"""Coverage-guided fuzzing of the codecs: any bytes are a message or a FrameError, nothing else."""

from __future__ import annotations

import sys

import atheris

with atheris.instrument_imports(include=["bridge.wire", "bridge.protocol", "bridge.errors"]):
    from bridge.wire.frames import FrameError, JsonCodec, MsgpackCodec

CODECS = (JsonCodec(), MsgpackCodec())


def one(data: bytes) -> None:
    """Decode one input both ways."""
    for codec in CODECS:
        try:
            codec.decode(data)
        except FrameError:
            continue


def main() -> None:
    """Run until libFuzzer's own arguments say stop, e.g. `-max_total_time=120`."""
    atheris.Setup(sys.argv, one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
