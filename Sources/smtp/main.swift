// Program smtp.
