"""Results drawn as Slack messages: pure functions, one file per metric, shared pieces in `kit`."""
