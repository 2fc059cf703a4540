"""The columnar index of the truth: what every metric is asked of. Can be thrown away and built again."""
