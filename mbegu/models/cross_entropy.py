"""Next-token cross-entropy that never holds the logits of a whole batch in fp32."""

from typing import Any

import torch

CHUNK = 128  # positions at a time: 128 x 49,152 fp32 logits are 25 MB


class _SummedCrossEntropy(torch.autograd.Function):
    """The gradient is computed with the loss and stored over the logits, as in Liger Kernel (Hsu et al. 2024, §3.2)."""

    @staticmethod
    def forward(ctx: Any, logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        total = torch.zeros((), device=logits.device)
        for chunk, target in zip(logits.split(CHUNK), targets.split(CHUNK), strict=True):
            scores = chunk.float()
            log_sum = scores.logsumexp(-1, keepdim=True)
            total += (log_sum - scores.gather(1, target[:, None])).sum()
            if logits.requires_grad:
                scores.sub_(log_sum).exp_().scatter_add_(1, target[:, None], -torch.ones_like(log_sum))
                chunk.copy_(scores)
        ctx.save_for_backward(logits)
        return total

    @staticmethod
    def backward(ctx: Any, grad: torch.Tensor) -> tuple[torch.Tensor, None]:
        (gradient,) = ctx.saved_tensors
        return gradient.mul_(grad), None


def summed_cross_entropy(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Cross-entropy in nats, summed. `logits` (targets, vocabulary) are overwritten by their gradient; `targets` (targets,)."""
    return _SummedCrossEntropy.apply(logits, targets)
