"""What the people who work on Hearsay run: set-up, checks, benches."""
