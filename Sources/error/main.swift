// Program error.
