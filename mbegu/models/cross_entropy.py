"""Next-token cross-entropy that never holds the logits of a whole batch in fp32."""

from typing import Any

import torch

CHUNK = 128  # positions at a time: 128 x 49,152 fp32 logits are 25 MB
CUDA_CHUNK = 2048  # there a chunk takes as long as its launches, and 400 MB are nothing


class _SummedCrossEntropy(torch.autograd.Function):
    """The gradient is computed with the loss and stored over the logits, as in Liger Kernel (Hsu et al. 2024, §3.2)."""

    @staticmethod
    def forward(ctx: Any, logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        total = torch.zeros((), device=logits.device)
        cpu = logits.device.type == "cpu"
        size, chunk_loss = (CHUNK, _on_cpu) if cpu else (CUDA_CHUNK, _on_cuda)
        for chunk, target in zip(logits.split(size), targets.split(size), strict=True):
            total += chunk_loss(chunk, target[:, None], logits.requires_grad)
        ctx.save_for_backward(logits)
        return total

    @staticmethod
    def backward(ctx: Any, grad: torch.Tensor) -> tuple[torch.Tensor, None]:
        (gradient,) = ctx.saved_tensors
        return gradient.mul_(grad), None


def _on_cpu(chunk: torch.Tensor, target: torch.Tensor, gradient: bool) -> torch.Tensor:
    scores = chunk.float()
    log_sum = scores.logsumexp(-1, keepdim=True)
    total = (log_sum - scores.gather(1, target)).sum()
    if gradient:
        scores.sub_(log_sum).exp_().scatter_add_(1, target, -torch.ones_like(log_sum))
        chunk.copy_(scores)
    return total


def _on_cuda(chunk: torch.Tensor, target: torch.Tensor, gradient: bool) -> torch.Tensor:
    """Leaves negative targets out, which fill a recorded step up; exp(score - infinity) is 0."""
    scores = chunk.float()
    counts, target = target >= 0, target.clamp(min=0)
    log_sum = scores.logsumexp(-1, keepdim=True)
    total = (log_sum - scores.gather(1, target)).where(counts, 0.0).sum()
    if gradient:
        scores.sub_(log_sum.where(counts, float("inf"))).exp_().scatter_add_(1, target, -counts.float())
        chunk.copy_(scores)
    return total


def summed_cross_entropy(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Cross-entropy in nats, summed. `logits` (targets, vocabulary) are overwritten by their gradient; `targets` (targets,),
    on CUDA negative where none is."""
    return _SummedCrossEntropy.apply(logits, targets)
