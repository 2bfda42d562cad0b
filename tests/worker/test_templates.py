"""Foreign chat templates: what they may cost, and that they cannot take anybody along."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest
from jinja2 import TemplateError

from bridge.chat.template import ChatTemplate
from bridge.errors import ErrorCode, HearsayError
from bridge.protocol import ChatMessage, Json, Role
from bridge.worker import templates
from bridge.worker.templates import TemplateProcess
from tests.gateway.children import gone, wait_until

TALK = [ChatMessage(Role.SYSTEM, "Grüß\u2028Gott"), ChatMessage(Role.USER, "Hi 🏰")]
SOURCE = "{% for m in messages %}[{{ m.role }}: {{ m.content }}]{% endfor %}{{ name }}"
LOOPS = "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"


@pytest.fixture(scope="module")
def process() -> Iterator[TemplateProcess]:
    with TemplateProcess() as one:
        yield one


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a test not wait as long as a player would."""
    monkeypatch.setattr(templates, "CPU_SECONDS", 0.3)


def test_a_template_renders_there_what_it_renders_here(process: TemplateProcess) -> None:
    extra: dict[str, Json] = {"name": "Žofie", "deep": {"a": [1, 2.5, None, True]}}
    there = ChatTemplate(SOURCE, compile_source=process.compile).render(TALK, extra)
    assert there == ChatTemplate(SOURCE).render(TALK, extra)


def test_what_a_template_refuses_it_refuses_there_too(process: TemplateProcess) -> None:
    template = ChatTemplate("{{ raise_exception('no') }}", compile_source=process.compile)
    with pytest.raises(HearsayError, match="refuses these messages: no") as caught:
        template.render(TALK, {})
    assert caught.value.code is ErrorCode.INVALID_REQUEST


def test_a_template_that_is_none_is_told_by_the_process_too(process: TemplateProcess) -> None:
    with pytest.raises(TemplateError, match="Expected an expression"):
        process.compile("{% if %}")


def test_half_a_character_becomes_a_question_mark(process: TemplateProcess) -> None:
    assert process.compile(r"{{ 'a\ud800b' }}")({}) == "a?b"


HOSTILE = {
    "a loop in a loop": LOOPS,
    "a huge power": "{{ x ** x ** x }}",
    "a huge text": "{{ ('A' * 2000000000) | length }}",
    "text that doubles": (
        "{% set n = namespace(t='A' * 1000) %}{% for i in range(60) %}"
        "{% set n.t = n.t ~ n.t %}{% endfor %}{{ n.t }}"
    ),
    "a list that grows": (
        "{% set n = namespace(t=[1] * 1000) %}{% for i in range(60) %}"
        "{% set n.t = n.t + n.t %}{% endfor %}"
    ),
    "a macro without end": "{% macro m(x) %}{{ m(x) }}{{ m(x) }}{% endmacro %}{{ m(1) }}",
    "a wide number": "{{ '%0999999999d' % 1 }}",
    "a join of repeats": "{{ (['A' * 1000000] * 2000) | join }}",
    "a product of ranges": "{{ (range(99999) | list * 999) | sort | length }}",
    "an indent": "{{ ('x\n' * 100000) | indent(100000) | length }}",
    "a centre": "{{ 'x' | center(2000000000) }}",
    "a regular filter on much": "{{ ('<a>' * 90000000) | striptags | length }}",
}


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("source", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_template_is_an_error_and_the_process_is_there_again(
    process: TemplateProcess, source: str
) -> None:
    with pytest.raises(HearsayError) as caught:
        ChatTemplate(source, compile_source=process.compile).render(TALK, {"x": 99999})
    assert caught.value.code in {ErrorCode.MODEL_FAILED, ErrorCode.INVALID_REQUEST}
    assert process.compile(SOURCE)({"messages": [], "name": "well"}) == "well"


@pytest.mark.usefixtures("hasty")
def test_a_template_that_is_endless_to_compile_cannot_be_used(process: TemplateProcess) -> None:
    with pytest.raises(HearsayError, match=r"chat template cannot be used") as caught:
        ChatTemplate("{{ 9 ** 99999999 }}", compile_source=process.compile)
    assert caught.value.code is ErrorCode.MODEL_FAILED


@pytest.mark.usefixtures("hasty")
def test_one_bad_request_costs_no_other(process: TemplateProcess) -> None:
    template = ChatTemplate(
        "{% if boom %}" + LOOPS + "{% endif %}well", compile_source=process.compile
    )
    assert template.render(TALK, {}) == "well"
    with pytest.raises(HearsayError, match="computed for more than"):
        template.render(TALK, {"boom": True})
    assert template.render(TALK, {}) == "well"


def test_an_answer_that_is_too_long_is_not_read(
    process: TemplateProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(templates, "MAX_TEXT", 1000)
    with pytest.raises(HearsayError, match="it wrote more than"):
        process.compile("{{ 'x' * 2000 }}")({})


def test_a_process_that_was_killed_is_replaced(process: TemplateProcess) -> None:
    render = process.compile("{{ n }}")
    process._process.kill()
    process._process.wait()
    assert render({"n": 1}) == "1"


PARENT = """
import sys
from bridge.worker.templates import TemplateProcess
process = TemplateProcess()
render = process.compile(sys.argv[1])
print(process._process.pid, flush=True)
render({})
"""


def test_a_template_at_work_does_not_outlive_its_worker() -> None:
    parent = subprocess.Popen([sys.executable, "-c", PARENT, LOOPS], stdout=subprocess.PIPE)
    with parent:
        assert parent.stdout
        renderer = int(parent.stdout.readline())
        parent.kill()
        wait_until(lambda: gone(renderer), "the renderer's end", 1)
