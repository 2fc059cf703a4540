"""Facts built and kept by a Spark Connect server, from Banto's own orders or from a warehouse that holds them."""
