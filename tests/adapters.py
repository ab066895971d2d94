"""An adapter as the train stage leaves it, for tests that need one that answers and not a good one."""

from pathlib import Path

from root import ROOT


def save_adapter(base: Path, folder: Path, method: str, template: str, chat: bool, seed: int) -> Path:
    """Writes a model whose weights are moved so far that it answers unlike the base."""
    import torch

    from mbegu.models.manifest import verify
    from mbegu.training import checkpoints, trainer
    from mbegu.training.settings import Lora

    model = trainer.build(base, method, Lora(4, 64, 0.0, ["q_proj", "down_proj"]), seed)
    torch.manual_seed(seed)
    for name, weight in model.named_parameters():
        if "lora_B" in name or method == "full":
            weight.data += torch.randn_like(weight) / 10
    folder.mkdir(parents=True)
    text = (ROOT / f"templates/{template}.jinja").read_text()
    checkpoints.save(model, {"template": text, "chat": chat, "base": verify(base)}, folder)
    return folder
