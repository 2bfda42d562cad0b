"""A job whose model calls tools waits for their results, and goes on under its own name."""

from __future__ import annotations

import pytest

from bridge.jobs.job import Job
from bridge.jobs.service import Service
from bridge.jobs.serving import Serving
from bridge.protocol import ChatMessage, ChatRequest, FinishReason, Json, Role
from bridge.worker.messages import CallWritten, Wrote
from tests.jobs.scripted_host import ScriptedHost
from tests.jobs.speaker import House, Speaker

DOOR: dict[str, Json] = {"type": "function", "function": {"name": "open_door"}}
ROUNDS = Serving(tool_rounds=2, tool_timeout_ms=5000)


class Scene:
    """A service, its one host, and a clock that a test moves."""

    def __init__(self) -> None:
        self.now = 100.0
        self.host = ScriptedHost()
        self.service = Service({"m": self.host}, clock=lambda: self.now)

    def start(self, wish: Serving = ROUNDS, **fields: Json) -> Job:
        messages = [ChatMessage(Role.USER, "Open it")]
        asked = ChatRequest(model="m", messages=messages, tools=[DOOR], **fields)  # type: ignore[arg-type]
        job = self.service.submit(asked, lambda: None, wish)
        self.host.begin()
        return job

    def call(self, *names: str, text: str = "") -> None:
        calls = [CallWritten(number, name, "{}") for number, name in enumerate(names)]
        self.host._say(Wrote(self.host.job, 0, [1], text, "Hm", calls))
        self.host.finish(FinishReason.TOOL_CALLS)


@pytest.fixture
def scene() -> Scene:
    return Scene()


def waiting_for(job: Job) -> list[str]:
    assert job.rounds
    return [call for call, result in job.rounds.results.items() if result is None]


def test_a_job_goes_on_with_the_result(scene: Scene) -> None:
    job = scene.start(max_tokens=20, tool_choice="required")
    first = scene.host.submits[-1]
    assert first.must_call
    scene.call("open_door", text="At once.")
    assert [job.waiting, job.done] == [True, False]
    [call] = waiting_for(job)
    scene.service.answer(job, call, "opened")
    told = scene.host.submits[-1]
    assert told.job == first.job
    assert told.messages[:-2] == first.messages
    called, answer = told.messages[-2:]
    assert (called.content, called.reasoning_content) == ("At once.", "Hm")
    assert called.tool_calls == [
        {"id": call, "type": "function", "function": {"name": "open_door", "arguments": "{}"}}
    ]
    assert (answer.role, answer.content, answer.tool_call_id) == (Role.TOOL, "opened", call)
    assert (told.max_tokens, told.must_call) == (12, False)
    scene.host.begin()
    scene.host.write("It is open.")
    scene.host.finish(tokens=4)
    assert job.done
    assert job.choices[0].text == "At once.\n\nIt is open."
    usage = job.usage
    assert (usage.prompt_tokens, usage.completion_tokens) == (24, 12)
    assert usage.prompt_tokens_details.cached_tokens == 10
    assert scene.service.jobs_open == 0


def test_it_waits_for_all_calls_of_a_round(scene: Scene) -> None:
    job = scene.start()
    scene.call("open_door", "open_door")
    first, second = waiting_for(job)
    scene.service.answer(job, second, "b")
    scene.service.answer(job, second, "not again")
    scene.service.answer(job, "call_nobody", "x")
    assert len(scene.host.submits) == 1
    scene.service.answer(job, first, "a")
    contents = [message.content for message in scene.host.submits[-1].messages[-2:]]
    assert contents == ["a", "b"]
    scene.service.answer(job, first, "late")
    assert len(scene.host.submits) == 2


def test_a_job_that_has_had_its_rounds_ends_with_its_calls(scene: Scene) -> None:
    job = scene.start(Serving(tool_rounds=1, tool_timeout_ms=5000))
    scene.call("open_door")
    [call] = waiting_for(job)
    scene.service.answer(job, call, "opened")
    scene.call("open_door")
    assert job.outcome == "tool_calls"
    assert [call.name for call in job.choices[0].pending] == ["open_door"]


def test_without_rounds_the_first_call_is_the_end(scene: Scene) -> None:
    job = scene.start(Serving())
    scene.call("open_door")
    assert job.outcome == "tool_calls"
    assert job.rounds is None
    scene.service.answer(job, "x", "y")


def test_a_job_of_several_replies_has_no_rounds(scene: Scene) -> None:
    assert scene.start(n=2).rounds is None


def test_a_tool_that_does_not_answer_ends_the_job(scene: Scene) -> None:
    job = scene.start()
    scene.call("open_door")
    scene.now += 4
    scene.service.end_late_rounds()
    assert job.waiting
    scene.now += 1
    scene.service.end_late_rounds()
    assert job.outcome == "tool_calls"
    assert scene.service.jobs_open == 0


def test_a_job_that_waits_can_be_cancelled(scene: Scene) -> None:
    job = scene.start()
    scene.call("open_door")
    scene.service.cancel(job)
    assert job.outcome == "cancelled"
    assert scene.host.cancelled == []
    job.stop_waiting(FinishReason.STOP)
    assert job.outcome == "cancelled"


@pytest.mark.parametrize("heard", [False, True])
def test_a_job_that_is_taken_back_while_its_calls_are_on_their_way_waits_for_none(
    scene: Scene, heard: bool
) -> None:
    job = scene.start()
    if heard:
        job.choices[0].heard = 3
    scene.service.cancel(job)
    scene.call("open_door", text="At once.")
    assert job.outcome == "cancelled"
    assert not job.waiting
    assert scene.service.jobs_open == 0


def test_a_job_that_waits_ends_with_the_service(scene: Scene) -> None:
    job = scene.start()
    scene.call("open_door")
    scene.service.close()
    assert job.outcome == "shutting_down"
    assert scene.service.jobs_open == 0


def test_so_does_one_that_calls_while_the_service_ends(scene: Scene) -> None:
    job = scene.start()
    scene.service.close()
    assert not job.done
    scene.call("open_door")
    assert job.outcome == "shutting_down"
    assert scene.service.jobs_open == 0


def test_without_a_limit_there_is_none_in_the_next_round(scene: Scene) -> None:
    job = scene.start()
    scene.call("open_door")
    [call] = waiting_for(job)
    scene.service.answer(job, call, "opened")
    assert scene.host.submits[-1].max_tokens is None


def test_a_result_for_a_call_that_was_never_made_is_a_fault_and_harms_no_job() -> None:
    speaker = Speaker(House())
    speaker.hello()
    host = speaker.house.host
    speaker.submit(tools=[DOOR])
    host.begin()
    host._say(Wrote(host.job, 0, [1], "", "", [CallWritten(0, "open_door", "{}")]))
    host.finish(FinishReason.TOOL_CALLS)
    [call] = [each["call"]["id"] for each in speaker.hear() if each["type"] == "job_tool_call"]
    speaker.say("tool_result", job="j", call="call_of_nobody", content="Boo")
    fault = speaker.one()
    assert (fault["type"], fault["code"], fault["param"]) == ("fault", "invalid_request", "call")
    assert "call_of_nobody" in fault["message"]
    for _ in range(2):  # The second one is ignored: a client that resumes may say it again.
        speaker.say("tool_result", job="j", call=call, content="A tavern.")
    assert len(host.submits) == 2
    assert speaker.hear() == []
