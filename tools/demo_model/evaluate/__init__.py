"""The examination of the model: held-out cases, run through llama.cpp, scored by rule."""
