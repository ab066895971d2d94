"""What training minimizes."""

from typing import Any

import torch

from mbegu.models.cross_entropy import summed_cross_entropy


def completion_loss(outputs: Any, labels: torch.Tensor, num_items_in_batch: torch.Tensor | int | None = None) -> torch.Tensor:
    """Mean loss in nats over the trained tokens, as `Trainer`'s `compute_loss_func`.

    Args:
        outputs: a model's output whose `logits` (1, targets, vocabulary) stand at the positions that
            `packing.pack` keeps; they are overwritten.
        labels: (1, 1 + targets), from `packing.pack`.
        num_items_in_batch: trained tokens over all accumulated batches; None for those of this batch.
    """
    targets = labels[0, 1:]
    items = targets.numel() if num_items_in_batch is None else num_items_in_batch
    # a view, whose gradient needs no copy as that of `logits[0]` does
    return summed_cross_entropy(outputs.logits.flatten(0, 1), targets) / items
