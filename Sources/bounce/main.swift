// Program bounce.
