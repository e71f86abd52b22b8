import Glibc
import Submission

exit(Sendmail.run(CommandLine.arguments))
