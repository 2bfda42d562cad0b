"""
Make a virtual environment in which Hearsay runs, llama.cpp built and all.

Only the standard library is used here: this code runs before anything is installed.
"""
