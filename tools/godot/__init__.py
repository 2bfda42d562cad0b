"""Find a Godot for the tests and the bench of the Godot plugin, or get one."""
