"""The six Isaac tasks of the MEow paper, and what today's simulators call them. Returns of the versions don't compare."""

from __future__ import annotations

from dataclasses import dataclass

from .errors import UsageError


@dataclass(frozen=True)
class TaskIds:
    """Ids of one task of the paper; the first of a version is what the paper's name stands for there."""

    isaac_lab_3: tuple[str, ...]
    isaac_lab_2: tuple[str, ...]
    omniisaac: tuple[str, ...]


PAPER_TASKS: dict[str, TaskIds] = {
    "Ant": TaskIds(("Isaac-Ant-Direct", "Isaac-Ant"), ("Isaac-Ant-Direct-v0", "Isaac-Ant-v0"), ("Ant",)),
    "Humanoid": TaskIds(
        ("Isaac-Humanoid-Direct", "Isaac-Humanoid"),
        ("Isaac-Humanoid-Direct-v0", "Isaac-Humanoid-v0"),
        ("Humanoid",),
    ),
    # No successor; the nearest is a quadcopter of 2.x, another task.
    "Ingenuity": TaskIds((), (), ("Ingenuity",)),
    "ANYmal": TaskIds(
        ("Isaac-Velocity-Flat-AnymalD",),
        (
            "Isaac-Velocity-Flat-Anymal-D-v0",
            "Isaac-Velocity-Flat-Anymal-C-v0",
            "Isaac-Velocity-Flat-Anymal-B-v0",
        ),
        ("Anymal",),
    ),
    "AllegroHand": TaskIds(
        ("Isaac-Reorient-Cube-Allegro-Direct", "Isaac-Reorient-Cube-Allegro"),
        ("Isaac-Repose-Cube-Allegro-Direct-v0", "Isaac-Repose-Cube-Allegro-v0"),
        ("AllegroHand",),
    ),
    "FrankaCabinet": TaskIds(
        ("Isaac-Open-Drawer-Franka-Direct", "Isaac-Open-Drawer-Franka"),
        ("Isaac-Franka-Cabinet-Direct-v0",),
        ("FrankaCabinet",),
    ),
}

_LABELS = {"isaac_lab_3": "Isaac Lab 3", "isaac_lab_2": "Isaac Lab 2", "omniisaac": "OmniIsaacGymEnvs"}


def paper_task_of(task: str) -> str | None:
    """The paper's name of a task, whatever version's id it has."""
    for name, ids in PAPER_TASKS.items():
        if task == name or task in ids.isaac_lab_3 + ids.isaac_lab_2 + ids.omniisaac:
            return name
    return None


def task_id(task: str, version: str) -> str:
    """The id of a task in `isaac_lab_3`, `isaac_lab_2` or `omniisaac`, by that id or by the paper's name.

    Raises UsageError: an id of another version, or a task without a successor there.
    """
    name = paper_task_of(task)
    if name is None:
        return task
    ids: tuple[str, ...] = getattr(PAPER_TASKS[name], version)
    if task in ids:
        return task
    if not ids:
        raise UsageError(f"{task} does not exist in {_LABELS[version]}, and has no successor there.")
    if task == name:
        return ids[0]
    raise UsageError(f"{task} is an id of another version: {_LABELS[version]}, which is installed, has {' and '.join(ids)}.")
