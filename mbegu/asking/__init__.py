"""How a model is asked: prompts, generation, the memo, teachers."""
