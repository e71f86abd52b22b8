/* What delivery to users needs of the system. Each returns -1 and sets errno on failure unless it says otherwise. */
#ifndef MARTLET_DELIVERY_H
#define MARTLET_DELIVERY_H

#include <stdint.h>


/* rename that replaces nothing: EEXIST. EINVAL or ENOSYS where the file system or kernel cannot. */
int martlet_rename_exclusive(const char *from, const char *to);

/* Starts a program without running anything of this one between fork and exec. Descriptors 0, 1, 2 of the child are those given
 * (-1: as here), 3 is `channel` (-1: none), all above are closed. With `new_session` the child leads a session and process group.
 * `directory` may be null. Signals have their defaults and none is blocked. */
int martlet_spawn_program(const char *path, char *const arguments[], char *const environment[], const int standard[3],
    int channel, int new_session, const char *directory, int32_t *child);

/* Starts the writing of a file's dirty pages and does not wait for it. */
void martlet_begin_writing(int descriptor);

/* A connected pair of stream sockets, which no program that is executed inherits. */
int martlet_socket_pair(int ends[2]);

/* A pipe whose ends no program that is executed inherits. */
int martlet_pipe(int ends[2]);

/* Gives up every right of root for good: supplementary groups, then group, then user. Checks that they are gone. */
int martlet_become_recipient(uint32_t user, uint32_t group);

#endif
