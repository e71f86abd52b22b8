// Program discard.
