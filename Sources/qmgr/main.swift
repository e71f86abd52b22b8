// Program qmgr.
