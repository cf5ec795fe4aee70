"""The ways that are compared: kseg's own, and its peers' with the settings that their documentation recommends."""
