"""The model file that Hearsay ships, and how such files are written."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from random import Random

import numpy
import pytest

from tools.demo_model.corpus import calls, names
from tools.demo_model.corpus.generator import dialogues
from tools.demo_model.evaluate.cases import HELD, cases, offered
from tools.demo_model.evaluate.runner import Model, Prompt
from tools.demo_model.export import write_gguf
from tools.demo_model.paths import MODEL
from tools.demo_model.render import prompt
from tools.demo_model.shape import Shape, tensor_shapes
from tools.demo_model.specials import ALL, BEGIN, CONTROL, END, THINK, TOOL_CALL, TOOL_CALL_END
from tools.demo_model.vocabulary import Vocabulary


@pytest.fixture(scope="module")
def shipped() -> Iterator[Model]:
    model = Model(MODEL, threads=1, temperature=0)
    yield model
    model.close()


def test_the_shipped_file_fits_into_twelve_megabytes() -> None:
    assert MODEL.stat().st_size <= 12_000_000


def test_the_shipped_file_says_what_it_is() -> None:
    metadata = Model.metadata(MODEL)
    assert metadata["general.architecture"] == "llama"
    assert metadata["hearsay.trained"] in {"true", "false"}
    assert int(metadata["llama.context_length"]) >= 2048
    assert "enable_thinking" in metadata["tokenizer.chat_template"]


def test_special_tokens_have_the_first_ids(shipped: Model) -> None:
    assert shipped.tokens("".join(ALL)) == list(range(len(ALL)))


def test_text_comes_back_from_its_tokens(shipped: Model) -> None:
    for dialogue in islice(dialogues("round trip", 300), 300):
        for message in dialogue.messages:
            assert shipped.text(shipped.tokens(message.content)) == message.content
    strange = "Grüß Gott, 你好 — 12345 \t\n  «ok» 🐉"
    assert shipped.text(shipped.tokens(strange)) == strange


def test_a_word_is_the_same_tokens_after_a_space_and_in_quotes(shipped: Model) -> None:
    random = Random(1)
    values = [*calls.values(), *(names.person(random, held_out=True) for _ in range(50))]
    values += [names.place(random, held_out=True) for _ in range(50)]
    same = [
        shipped.tokens(f'the {value}"')[-len(word) - 1 : -1] == word
        and shipped.tokens(f': "{value}"')[-len(word) - 1 : -1] == word
        for value in values
        for word in [shipped.tokens(value)]
    ]
    assert sum(same) > 0.95 * len(same)  # "airlock" begins with a word that nobody copies


def test_control_tokens_are_not_shown_and_tags_are(shipped: Model) -> None:
    assert not shipped.text(shipped.tokens("".join(CONTROL)))
    assert shipped.text(shipped.tokens(THINK)) == THINK


def test_the_shipped_model_answers_many_prompts_at_once(shipped: Model) -> None:
    prompts = [Prompt(prompt(dialogue)) for _, dialogue in cases(share=0.01)]
    replies = shipped.replies(prompts, limit=24)
    assert len(replies) == len(prompts)
    assert any(reply.text.strip() for reply in replies)


def test_a_held_call_is_one_of_its_tools_whatever_the_model_draws() -> None:
    told = [dialogue for kind, dialogue in cases(share=0.1) if kind == HELD]
    model = Model(MODEL, threads=1, temperature=2)
    replies = model.replies([Prompt(prompt(each), tools=offered(each)) for each in told], 100)
    model.close()
    calls_made = 0
    for dialogue, reply in zip(told, replies, strict=True):
        for call in re.findall(f"{TOOL_CALL}(.*?){TOOL_CALL_END}", reply.text):
            tool = next(each for each in dialogue.tools if each.name == json.loads(call)["name"])
            assert set(json.loads(call)["arguments"]) == set(tool.parameters)
            calls_made += 1
    assert calls_made > len(told) / 4


def test_a_written_file_loads_and_speaks(tmp_path: Path) -> None:
    shape = Shape(vocabulary=0, width=64, layers=1, heads=2, hidden=64)
    vocabulary = byte_vocabulary()
    shape = Shape(len(vocabulary.tokens), shape.width, shape.layers, shape.heads, shape.hidden)
    path = tmp_path / "tiny.gguf"
    write_gguf(path, shape, vocabulary, random_weights(shape), trained=False)
    assert [found.name for found in tmp_path.iterdir()] == ["tiny.gguf"]
    assert Model.metadata(path)["hearsay.trained"] == "false"
    model = Model(path, threads=1, temperature=1)
    assert model.tokens(f"{BEGIN}ab{END}") == [0, vocabulary.tokens.index("ab"), 1]
    assert len(model.replies([Prompt(f"{BEGIN}ab")], limit=3)) == 1
    model.close()


def test_weights_of_another_shape_are_refused(tmp_path: Path) -> None:
    shape = Shape(len(byte_vocabulary().tokens), width=64, layers=1, heads=2, hidden=64)
    weights = random_weights(shape) | {"output_norm.weight": numpy.ones(32, numpy.float32)}
    with pytest.raises(ValueError, match=r"output_norm.weight is \(32,\) and should be \(64,\)"):
        write_gguf(tmp_path / "wrong.gguf", shape, byte_vocabulary(), weights, trained=False)


def test_a_file_that_is_no_model_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "no.gguf"
    path.write_bytes(b"GGUF nothing")
    with pytest.raises(FileNotFoundError, match="not a model"):
        Model(path, threads=1, temperature=0)


def byte_vocabulary() -> Vocabulary:
    """The special tokens, the 256 byte symbols of byte-level BPE, and one merge."""
    shown = [*range(33, 127), *range(161, 173), *range(174, 256)]
    hidden = [chr(256 + place) for place in range(256 - len(shown))]
    symbols = sorted([*map(chr, shown), *hidden])
    return Vocabulary((*ALL, *symbols, "ab"), ("a b",))


def random_weights(shape: Shape) -> dict[str, numpy.typing.NDArray[numpy.float32]]:
    random = numpy.random.default_rng(1)
    return {
        name: random.normal(0, 0.1, size).astype(numpy.float32)
        for name, size in tensor_shapes(shape).items()
    }
