"""Load a model: the backend, the prompt reader that belongs to it, and what to say about it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from bridge.chat.manner import Manner
from bridge.chat.prompt import PromptReader
from bridge.chat.template import ChatTemplate
from bridge.engine.archive import Archive
from bridge.engine.backend import Backend
from bridge.engine.constraint import Compiler
from bridge.engine.fake import FakeBackend
from bridge.engine.guidance import GuidanceCompiler
from bridge.engine.pace import Pacer
from bridge.protocol import Pace
from bridge.worker.cores import processors
from bridge.worker.crew import start_and_stay
from bridge.worker.messages import Ready
from bridge.worker.options import WorkerOptions
from bridge.worker.states import StateFolder, fingerprint
from bridge.worker.templates import TemplateProcess


@dataclass(frozen=True)
class Loaded:
    """A model that is ready to write."""

    backend: Backend
    prompts: PromptReader
    manner: Manner
    compiler: Compiler
    archive: Archive
    pacer: Pacer
    ready: Ready


def load(options: WorkerOptions, safe: str | None, progress: Callable[[float], None]) -> Loaded:
    """Load the model of a worker; raises HearsayError(MODEL_FAILED)."""
    return _fake(options, safe) if options.backend == "fake" else _llama(options, safe, progress)


def _llama(options: WorkerOptions, safe: str | None, progress: Callable[[float], None]) -> Loaded:
    # Here and not above: a worker with the fake backend must not need llama.cpp.
    from bridge.engine.llama.backend import LlamaBackend, LlamaOptions

    started = time.monotonic()
    templates = TemplateProcess()  # First, so that it is there when the model is.
    backend = LlamaBackend(
        LlamaOptions(
            path=options.path,
            slots=options.slots,
            context=options.context,
            threads=options.thread_count,
            gpu_layers=options.gpu_layers,
            safe=safe is not None,
            kv_type=options.kv_type,
        ),
        _in_steps(progress),
        start_and_stay,
    )
    template = ChatTemplate(
        backend.chat_template,
        start_text=backend.start_text,
        end_text=backend.end_text,
        compile_source=templates.compile,
    )
    prompts = PromptReader(
        template,
        backend,
        start_text=backend.start_text,
        control_texts=backend.control_texts,
        longest_token=backend.longest_token,
    )
    backend.warm_up()
    ready = Ready(
        description=backend.description,
        context=backend.context,
        slots=options.slots,
        parameters=backend.parameters,
        size_bytes=backend.size_bytes,
        trained_context=backend.trained_context,
        system_info=backend.system_info,
        safe_mode=safe,
        load_seconds=time.monotonic() - started,
    )
    archive = _archive(options, backend, lambda: fingerprint(options.path, backend.state_form))
    manner = Manner(template, backend, backend.control_texts)
    compiler = GuidanceCompiler(backend.token_table)
    return Loaded(backend, prompts, manner, compiler, archive, _pacer(options, backend), ready)


def _fake(options: WorkerOptions, safe: str | None) -> Loaded:
    seconds = options.fake_step_ms / 1000
    backend = FakeBackend(
        slots=options.slots,
        context=options.context,
        batch_tokens=512,
        pause=(lambda: time.sleep(seconds)) if seconds else None,
    )
    ready = Ready(
        description="no model: words at random",
        context=backend.context,
        slots=options.slots,
        parameters=0,
        size_bytes=0,
        trained_context=backend.context,
        system_info="none",
        safe_mode=safe,
        load_seconds=0.0,
    )
    archive = _archive(options, backend, lambda: b"no model's states")
    template = ChatTemplate(None)
    prompts, manner = PromptReader(template, backend), Manner(template, backend)
    compiler = GuidanceCompiler(backend.token_table)
    return Loaded(backend, prompts, manner, compiler, archive, _pacer(options, backend), ready)


def _archive(options: WorkerOptions, backend: Backend, identity: Callable[[], bytes]) -> Archive:
    folder = None
    if options.remember_folder:
        limit = options.remember_folder_mb << 20
        folder = StateFolder(options.remember_folder, identity(), limit)
    return Archive(options.remember_mb << 20, rewinds=backend.rewinds, depot=folder)


def _pacer(options: WorkerOptions, backend: Backend) -> Pacer:
    threads = options.thread_count
    fills = threads >= processors()
    return Pacer(threads, Pace(options.pace), sleeps=backend.sleeps, fills=fills)


def _in_steps(progress: Callable[[float], None]) -> Callable[[float], None]:
    """Pass on one report in a hundred: llama.cpp calls for every tensor."""
    last = -1

    def report(fraction: float) -> None:
        nonlocal last
        if int(fraction * 100) > last:
            last = int(fraction * 100)
            progress(fraction)

    return report
