"""The run folder: its name, its files, its config, its status."""
