import Master

MasterProgram.run()
