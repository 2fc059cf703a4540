"""Every number, written once: facts → frozen results."""
