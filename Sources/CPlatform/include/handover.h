/* What master needs to outlive itself (descriptors over an exec and in the service manager's store), to look into its workers'
 * last marks, and to watch directories. Each returns -1 and sets errno on failure unless it says otherwise. */
#ifndef MARTLET_HANDOVER_H
#define MARTLET_HANDOVER_H

#include <stddef.h>
#include <stdint.h>

/* A file in memory with these bytes, close-on-exec, whose size cannot be changed. */
int martlet_memory_file(const char *name, const void *bytes, size_t length);

/* Maps the beginning of such a file for reading and writing; null on failure. */
void *martlet_map_shared(int descriptor, size_t length);

/* Whether a program that this process executes in its own place inherits the descriptor. */
int martlet_keep_over_exec(int descriptor, int keep);

/* 1 when the process is a child of ours, alive or waiting to be taken leave of; else 0. */
int martlet_is_child(int32_t process);

/* Where a listening stream socket listens: an address of 4 or 16 bytes with a port, or (address_length 0) a path as it was bound. */
struct martlet_endpoint {
    uint8_t address[16];
    uint32_t address_length;
    uint16_t port;
    char path[108];
};

/* 1 when the descriptor is a listening stream socket, else 0. */
int martlet_listening_socket(int descriptor, struct martlet_endpoint *endpoint);

/* 1 when clients who connect to the path reach this socket; 0 when not, or when the kernel does not tell (CAP_NET_ADMIN). */
int martlet_is_socket_of(int descriptor, const char *path);

/* 1 or 0. */
int martlet_is_socket(int descriptor);

/* 1 when the descriptor is the regular file that has this name, else 0. */
int martlet_is_file_of(int descriptor, const char *path);

/* The next client, non-blocking and close-on-exec, and the user of the process that connected. */
int martlet_accept(int descriptor, uint32_t *user);

/* As martlet_notify, with a descriptor (FDSTORE=1). */
int martlet_notify_descriptor(const char *socket_path, const char *text, int carried);

/* inotify: a descriptor, non-blocking; a directory whose files are watched; throws away what was reported. */
int martlet_open_watch(void);
int martlet_watch_directory(int watch, const char *path);
void martlet_drain_watch(int watch);

#endif
