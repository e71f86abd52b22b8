import Control

Martlet.run(Array(CommandLine.arguments.dropFirst()))
