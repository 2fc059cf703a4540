"""Where orders come from: one file per kind of source."""
