"""What Unity wants of a package beside its code."""
