/* What master needs of the kernel: starting workers, signals as a descriptor, listening sockets. */
#ifndef MARTLET_SUPERVISE_H
#define MARTLET_SUPERVISE_H

#include <stddef.h>
#include <stdint.h>

/* Goes on in a detached process (own session, /dev/null for standard input, output and error), and returns there the writing
 * end of a pipe to the starter. The starter waits for words on it and exits: 0 after "R", else 1, printing them.
 * Call while the process has one thread. */
int martlet_detach(void);

/* Starts a program with descriptors[i] as number 3 + i and everything else closed; standard input is /dev/null, output and error
 * are ours; no signal is blocked or ignored. Returns the process number once the program runs. */
int32_t martlet_start_worker(const char *path, char *const *arguments, char *const *environment, const int *descriptors,
                           size_t count);

/* SIGTERM, SIGINT, SIGHUP, SIGUSR2 and SIGCHLD as a descriptor, non-blocking; SIGPIPE is ignored. */
int martlet_open_signals(void);

/* The next signal's number, 0 when there is none. */
int martlet_next_signal(int descriptor);

/* Takes leave of an ended child: its number, 0 when there is none. Exit status, or the signal that killed it. */
int32_t martlet_reap(int *status, int *signal);

/* A pair of connected stream sockets, close-on-exec; the first does not block. */
int martlet_lifeline(int pair[2]);

/* A listening socket, close-on-exec and non-blocking. `address` has 4 or 16 bytes. */
int martlet_listen_inet(const uint8_t *address, size_t length, uint16_t port, int backlog);

/* A listening UNIX socket in the place of whatever has this name, with this mode; its owner is changed unless `owner` is -1. */
int martlet_listen_unix(const char *path, uint32_t mode, uint32_t owner, uint32_t group, int backlog);

/* The number of a service of /etc/services over TCP, 0 when unknown. */
uint16_t martlet_service_port(const char *name);

/* Sends a datagram to the service manager's socket ("@" stands for the abstract name space). */
int martlet_notify(const char *socket_path, const char *text);

#endif
