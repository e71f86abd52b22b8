// Program local.
