"""From a conversation to the prompt that a model was trained on."""
