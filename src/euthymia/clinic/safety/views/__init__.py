"""The pages of safety: the queue, the call after treatment, risk and adverse events."""
