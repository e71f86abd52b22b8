// Program sendmail.
