import Glibc
import QueueCommands

exit(QueueProgram.run(CommandLine.arguments))
