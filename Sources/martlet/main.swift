// Program martlet.
