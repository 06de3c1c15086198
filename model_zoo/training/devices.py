"""Which processors a training runs on: TensorFlow's choice, one by name, or a copy of the network on each."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from codegen.errors import DataError


@lru_cache
def strategy_of(devices: tuple[str, ...]) -> Any:
    """The distribution strategy; networks, optimisers and steps are made in its scope.

    The same for the same devices: TensorFlow numbers each strategy's exchanges anew, and those of two in one
    process would take each other's.

    Args:
        devices: TensorFlow's names ("cpu:0"). None: TensorFlow chooses; one: that; several: each takes its
            share of every batch, and their gradients are added up.
    Raises:
        DataError: this machine has no such device, or one is named twice.
    """
    import tensorflow as tf

    if not devices:
        return tf.distribute.get_strategy()
    known = [device.name.removeprefix("/physical_device:") for device in tf.config.list_logical_devices()]
    known = [name.removeprefix("/device:").lower() for name in known]
    for name in devices:
        if name.lower() not in known:
            raise DataError(f"there is no device {name}", "--strategy", f"There are: {', '.join(known)}.")
    if len({name.lower() for name in devices}) < len(devices):
        raise DataError("a device is named twice", "--strategy", "Name each once.")
    if len(devices) == 1:
        return tf.distribute.OneDeviceStrategy(devices[0])
    return tf.distribute.MirroredStrategy(list(devices))


def shared(strategy: Any, arrays: Sequence[Any]) -> Any:
    """A batch as `strategy.run` takes it: each replica has its rows.

    Args:
        arrays: [N, ...] each; N is a multiple of the replicas.
    """
    replicas = strategy.num_replicas_in_sync
    if replicas == 1:
        return tuple(arrays)

    def rows_of(context: Any) -> tuple[Any, ...]:
        import tensorflow as tf

        own = context.replica_id_in_sync_group
        return tuple(tf.constant(array[own::replicas]) for array in arrays)

    return strategy.experimental_distribute_values_from_function(rows_of)
