import Glibc
import SystemCommands

exit(SystemProgram.run(CommandLine.arguments))
