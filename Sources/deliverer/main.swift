// Program deliverer.
