#define _GNU_SOURCE
#include "delivery.h"
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

int martlet_rename_exclusive(const char *from, const char *to)
{
    return renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE);
}

static int prepare(posix_spawn_file_actions_t *actions, posix_spawnattr_t *attributes, const int standard[3], int channel,
    int new_session, const char *directory)
{
    int code = 0;
    sigset_t none, all;
    for (int i = 0; i < 3 && !code; i++)
        if (standard[i] >= 0)
            code = posix_spawn_file_actions_adddup2(actions, standard[i], i);
    if (!code && channel >= 0)
        code = posix_spawn_file_actions_adddup2(actions, channel, 3);
    if (!code)
        code = posix_spawn_file_actions_addclosefrom_np(actions, channel >= 0 ? 4 : 3);
    if (!code && directory)
        code = posix_spawn_file_actions_addchdir_np(actions, directory);
    sigemptyset(&none);
    sigfillset(&all);
    if (!code)
        code = posix_spawnattr_setsigmask(attributes, &none);
    if (!code)
        code = posix_spawnattr_setsigdefault(attributes, &all);
    if (!code)
        code = posix_spawnattr_setflags(
            attributes, (short) (POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | (new_session ? POSIX_SPAWN_SETSID : 0)));
    return code;
}

int martlet_spawn_program(const char *path, char *const arguments[], char *const environment[], const int standard[3],
    int channel, int new_session, const char *directory, pid_t *child)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int code = posix_spawn_file_actions_init(&actions);
    if (code) {
        errno = code;
        return -1;
    }
    code = posix_spawnattr_init(&attributes);
    if (!code) {
        code = prepare(&actions, &attributes, standard, channel, new_session, directory);
        if (!code)
            code = posix_spawn(child, path, &actions, &attributes, arguments, environment);
        posix_spawnattr_destroy(&attributes);
    }
    posix_spawn_file_actions_destroy(&actions);
    errno = code;
    return code ? -1 : 0;
}

void martlet_begin_writing(int descriptor)
{
    sync_file_range(descriptor, 0, 0, SYNC_FILE_RANGE_WRITE);
}

int martlet_socket_pair(int ends[2])
{
    return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends);
}

int martlet_pipe(int ends[2])
{
    return pipe2(ends, O_CLOEXEC);
}

int martlet_become_recipient(uid_t user, gid_t group)
{
    uid_t real, effective, saved;
    if (setgroups(1, &group) != 0 || setresgid(group, group, group) != 0 || setresuid(user, user, user) != 0)
        return -1;
    if (getresuid(&real, &effective, &saved) != 0)
        return -1;
    if (real != user || effective != user || saved != user || (user != 0 && setuid(0) == 0)) {
        errno = EPERM;
        return -1;
    }
    return 0;
}
