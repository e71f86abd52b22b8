// Program master.
