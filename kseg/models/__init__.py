"""The LightningModule, its losses, schedules and sliding window."""
