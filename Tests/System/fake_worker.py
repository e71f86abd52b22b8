#!/usr/bin/python3 -ES
"""A program for master to run: tells whoever connects what it was given, and behaves as `-o mode=...` says.

serve     accepts and answers; ends on SIGTERM or when master is gone
full      the same, and says that it is full after each client
bad       cannot start, and says why
crash     dies at the first client
stubborn  ignores SIGTERM
slow      takes a second to end
"""
import json
import os
import select
import signal
import socket
import sys
import time

if sys.argv[1:2] == ["--parameters"]:
    sys.exit(0)

options = dict(word.split("=", 1) for before, word in zip(sys.argv, sys.argv[1:]) if before == "-o")
mode = options.get("mode", "serve")
told = dict(word.split("=", 1) for word in os.environ["MARTLET_WORKER"].split())
lifeline = socket.socket(fileno=int(told["lifeline"]))
listeners = [socket.socket(fileno=int(number)) for number in told["listen"].split(",") if number]
inherited = sorted(int(number) for number in os.listdir("/proc/self/fd"))
pipe_end, waker = socket.socketpair()
signal.signal(signal.SIGTERM, signal.SIG_IGN if mode == "stubborn" else lambda *_: waker.send(b"T"))

if mode == "bad":
    lifeline.send(b"Xthe moon is in the wrong place")
    sys.exit(3)
lifeline.send(b"RS")
clients = []
while True:
    ready, _, _ = select.select(listeners + [lifeline, pipe_end], [], [])
    if pipe_end in ready:
        if mode == "slow":
            time.sleep(1)
        sys.exit(0)
    if lifeline in ready:
        sys.exit(0)
    for listener in ready:
        try:
            client, _ = listener.accept()
        except BlockingIOError:
            continue
        if mode == "crash":
            os.kill(os.getpid(), signal.SIGKILL)
        clients.append(client)
        answer = {"pid": os.getpid(), "uid": os.geteuid(), "arguments": sys.argv[1:], "told": told, "descriptors": inherited}
        answer["environment"] = sorted(os.environ)
        if mode == "full":
            lifeline.send(b"F")
        client.sendall(json.dumps(answer).encode() + b"\n")
