// Program smtpd.
