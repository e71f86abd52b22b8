// Program pickup.
