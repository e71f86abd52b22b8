// Program cleanup.
