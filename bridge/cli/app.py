"""The commands and their options; what they do is imported when they run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bridge.cli.help import Command, Commands
from bridge.cli.interrupt import end_at_once

app = typer.Typer(
    cls=Commands,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Model = Annotated[
    str | None,
    typer.Option("--model", "-m", metavar="ID|PATH", help="Model to speak with, or its file."),
]
Config = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="TOML file with settings (default: the one that `hearsay doctor` names).",
    ),
]
Version = Annotated[
    bool, typer.Option("--version", metavar="", help="Print the version.", is_eager=True)
]
Json = Annotated[bool, typer.Option("--json", metavar="", help="Print JSON.")]


@app.callback(invoke_without_command=True)
def hearsay(context: typer.Context, *, version: Version = False) -> None:
    """Hearsay lets a game speak with a language model that runs on this machine."""
    if version:
        from bridge import __version__

        typer.echo(f"Hearsay {__version__}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
        raise typer.Exit(2)


@app.command(cls=Command)
def serve(  # noqa: PLR0913, PLR0917  (an option is an argument)
    model: Annotated[
        list[str] | None,
        typer.Option(
            "--model",
            "-m",
            metavar="ID|PATH",
            help="Model to load, by its id or its GGUF file; repeatable. (default: hearsay/tavern)",
        ),
    ] = None,
    alias: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=ID|PATH", help="Further name under which a model answers; repeatable."
        ),
    ] = None,
    host: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="Address to listen on. (default: 127.0.0.1 and ::1)"),
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(
            metavar="PORT",
            help="Port; 0 takes a free one. (default: 11434, a free one with --sidecar)",
        ),
    ] = None,
    parallel: Annotated[
        int | None,
        typer.Option(metavar="N", help="Conversations at once per model. (default: 8)"),
    ] = None,
    ctx: Annotated[
        int | None,
        typer.Option(
            metavar="TOKENS",
            help="Context that a model's conversations share. (default: 8192)",
        ),
    ] = None,
    threads: Annotated[
        int | None,
        typer.Option(metavar="N", help="Threads per model. (default: the physical cores)"),
    ] = None,
    pace: Annotated[
        str | None,
        typer.Option(
            metavar="MODE",
            help="Until a game says another: full, balanced, background, paused. "
            "(default: balanced)",
        ),
    ] = None,
    kv_type: Annotated[
        str | None,
        typer.Option(
            metavar="TYPE",
            help="Numbers in the context's memory: f16, q8_0 (half of it), q4_0. (default: f16)",
        ),
    ] = None,
    gpu_layers: Annotated[
        int | None,
        typer.Option(metavar="N", help="Layers on the graphics card. (default: -1, all that fit)"),
    ] = None,
    remember_mb: Annotated[
        int | None,
        typer.Option(
            metavar="MB",
            help="Memory per model for conversations that had to leave the context. (default: 256)",
        ),
    ] = None,
    remember_folder: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Where conversations outlive the sidecar. (default: nowhere)",
        ),
    ] = None,
    token_file: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="File with the token that clients must send; made when it is not there.",
        ),
    ] = None,
    zeromq: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ENDPOINT",
            help="Also speak ZeroMQ here, such as tcp://127.0.0.1:5555 or ipc://PATH; repeatable.",
        ),
    ] = None,
    zeromq_key_file: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="File with the secret key for ZeroMQ's CURVE; made when it is not there.",
        ),
    ] = None,
    sidecar: Annotated[
        bool,
        typer.Option(
            "--sidecar",
            metavar="",
            help="For games: a free port, a random token, one JSON line on the standard output; "
            "ends with its parent.",
        ),
    ] = False,
    share: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="With --sidecar: the file by which all who name it share one sidecar.",
        ),
    ] = None,
    config: Config = None,
    log_level: Annotated[
        str | None, typer.Option(metavar="LEVEL", help="debug, info, warning or error.")
    ] = None,
    allow_remote: Annotated[
        bool,
        typer.Option(
            "--allow-remote",
            metavar="",
            help="Let --host be an address that other machines can reach.",
        ),
    ] = False,
) -> None:
    """Serve models: to OpenAI's clients over HTTP, to games over WebSocket and ZeroMQ."""
    end_at_once()  # Until the gateway takes its signals there is nothing to be ended in order.
    from bridge.gateway.windows_job import bind_children
    from bridge.worker.spare import spare_worker

    bind_children()
    given = {
        "models": model or None,
        "aliases": alias or None,
        "host": host,
        "port": port,
        "parallel": parallel,
        "ctx": ctx,
        "threads": threads,
        "pace": pace,
        "kv_type": kv_type,
        "gpu_layers": gpu_layers,
        "remember_mb": remember_mb,
        "remember_folder": remember_folder,
        "token_file": token_file,
        "zeromq": zeromq or None,
        "zeromq_key_file": zeromq_key_file,
        "sidecar": sidecar or None,
        "share": share,
        "log_level": log_level,
        "allow_remote": allow_remote or None,
    }
    with spare_worker():  # It gets ready while the rest of this is being imported.
        from bridge.cli.serve import serve as run

        run({name: value for name, value in given.items() if value is not None}, config)


@app.command(cls=Command)
def demo(model: Model = None) -> None:
    """Start a sidecar, let a player talk with a tavern keeper, and end it."""
    from bridge.cli.demo import demo as run

    run(model)


@app.command(cls=Command)
def chat(
    model: Model = None,
    system: Annotated[
        str | None, typer.Option(metavar="TEXT", help="Who the model is to be.")
    ] = None,
    url: Annotated[
        str | None,
        typer.Option(metavar="URL", help="A running server; else a sidecar is started."),
    ] = None,
    token: Annotated[
        str | None,
        typer.Option(
            metavar="TOKEN",
            envvar="HEARSAY_TOKEN",
            show_envvar=True,
            help="Its token; others can see it in the list of processes, so prefer --token-file.",
        ),
    ] = None,
    token_file: Annotated[
        Path | None, typer.Option(metavar="FILE", help="File with its token.")
    ] = None,
    temperature: Annotated[
        float,
        typer.Option(min=0.0, max=2.0, help="How wild it speaks; 0 takes the likeliest words."),
    ] = 0.7,
) -> None:
    """Talk with a model; Ctrl-C stops a reply, Ctrl-D or /quit leaves."""
    from bridge.cli.chat import chat as run

    run(model, system, url, token, token_file, temperature)


@app.command(cls=Command)
def models(config: Config = None, json: Json = False) -> None:
    """List the models that can be named."""
    from bridge.cli.models import models as run

    run(config, as_json=json)


@app.command(cls=Command)
def doctor(config: Config = None, json: Json = False) -> None:
    """Check this machine and this installation, and say what to do."""
    from bridge.cli.doctor import doctor as run

    run(config, as_json=json)


@app.command(cls=Command)
def version() -> None:
    """Print the version."""
    from bridge import __version__

    typer.echo(f"hearsay {__version__}")
