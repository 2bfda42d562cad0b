# Read by CMake right after llama-cpp-python's own `project()` line.
# It leaves out llama.cpp's "common" library (an HTTP client, argument and chat parsers: 57 of 140
# build steps), which the Python package never loads but switches on without asking.
# A plain variable wins over the cache entry that the package sets by force.
set(LLAMA_BUILD_COMMON OFF)
