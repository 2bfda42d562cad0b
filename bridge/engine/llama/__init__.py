"""The engine on llama.cpp: the only folder that imports llama_cpp."""
