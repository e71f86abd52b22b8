// Program showq.
