"""The staff's pages about the whole: is anything on fire, each hot path, each part, history."""
