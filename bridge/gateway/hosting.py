"""From what the settings name to the workers that will host it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bridge.config import Settings
from bridge.errors import HearsayError
from bridge.gateway import StartError
from bridge.gateway.screen import ModelState
from bridge.models.names import canonical, check_name
from bridge.models.store import Model, Store
from bridge.worker.options import WorkerOptions
from bridge.worker.supervisor import Supervisor


@dataclass(frozen=True)
class Plan:
    """The models to load, by id, and the aliases, each onto an id."""

    models: dict[str, Model]
    aliases: dict[str, str]


def plan(settings: Settings) -> Plan:
    """Find and check every file; raises StartError when one is missing or unusable."""
    store = Store(settings.models_dir)
    models: dict[str, Model] = {}
    aliases: dict[str, str] = {}
    try:
        by_spec = {spec: _find(store, spec, settings) for spec in settings.models}
        served = {model.id: model for model in by_spec.values()}
        for spec in settings.wanted:  # An alias may be of a file that is named beside it.
            if spec not in by_spec:
                by_spec[spec] = served.get(canonical(spec)) or _find(store, spec, settings)
        for model in by_spec.values():
            if models.setdefault(model.id, model) != model:
                raise StartError(
                    f"Two files would be the model {model.id!r}: {models[model.id].path} and "
                    f"{model.path}; rename one."
                )
        for name, spec in settings.aliases.items():
            alias = check_name(name)
            if alias in models and by_spec[spec].id != alias:
                raise StartError(f"The alias {alias!r} is a model's own id; take another name.")
            aliases[alias] = by_spec[spec].id
    except HearsayError as error:
        raise StartError(error.message) from error
    return Plan(models, aliases)


def _find(store: Store, spec: str, settings: Settings) -> Model:
    if settings.backend == "fake":  # It reads no file, so there need be none.
        return Model(canonical(spec), store.folder / "fake.gguf")
    model = store.resolve(spec)
    model.head()
    return model


def supervise(
    plan: Plan, settings: Settings, on_change: Callable[[], None]
) -> dict[str, Supervisor]:
    """Return a supervisor for every model; none is started yet."""
    return {
        model.id: Supervisor(
            WorkerOptions(
                path=model.path,
                slots=settings.parallel,
                context=settings.ctx,
                threads=settings.threads,
                gpu_layers=settings.gpu_layers,
                pace=settings.pace,
                kv_type=settings.kv_type,
                remember_mb=settings.remember_mb,
                remember_folder=settings.remember_folder,
                remember_folder_mb=settings.remember_folder_mb,
                backend=settings.backend,
                fake_step_ms=settings.fake_step_ms,
            ),
            on_change,
        )
        for model in plan.models.values()
    }


def states(supervisors: dict[str, Supervisor]) -> list[ModelState]:
    """Return how far every model is."""
    return [
        ModelState(
            id=name,
            state=str(one.state),
            progress=one.progress,
            failure=one.failure,
            description=one.ready.description if one.ready else "",
            restarts=one.restarts,
        )
        for name, one in supervisors.items()
    ]
