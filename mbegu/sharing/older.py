"""An adapter's configuration as older versions of peft read it: they refuse each key that they do not know, whatever it says."""

from typing import Any

LEAST = "0.12.0"  # tests/sharing/test_older.py loads an adapter with it
# The keys of a LoRA adapter that it knows.
KNOWN = (
    "alpha_pattern", "auto_mapping", "base_model_name_or_path", "bias", "fan_in_fan_out", "inference_mode", "init_lora_weights",
    "layer_replication", "layers_pattern", "layers_to_transform", "loftq_config", "lora_alpha", "lora_dropout", "megatron_config",
    "megatron_core", "modules_to_save", "peft_type", "r", "rank_pattern", "revision", "target_modules", "task_type", "use_dora",
    "use_rslora",
)  # fmt: skip
WRITER = "peft_version"
SWITCHED = {"qalora_group_size": "use_qalora"}  # keys that mean nothing where another is off


def readable(config: dict[str, Any]) -> tuple[dict[str, Any], str]:
    """The configuration without keys that say nothing and that peft 0.12 does not know, and the least version that reads it.

    Args:
        config: as peft wrote it, with its own version.
    """
    kept = {key: value for key, value in config.items() if key in KNOWN or (key != WRITER and _says(key, config))}
    newer = set(kept) - set(KNOWN)
    return kept, str(config.get(WRITER) or LEAST) if newer else LEAST


def _says(key: str, config: dict[str, Any]) -> bool:
    return bool(config[key]) and (key not in SWITCHED or bool(config.get(SWITCHED[key])))
