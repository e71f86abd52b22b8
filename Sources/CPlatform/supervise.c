#define _GNU_SOURCE
#include "supervise.h"
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static _Noreturn void wait_as_starter(int reading)
{
    char words[4096];
    size_t length = 0;
    for (;;) {
        ssize_t got = read(reading, words + length, sizeof words - 1 - length);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        length += (size_t)got;
        if (words[0] == 'R')
            _exit(0);
    }
    words[length] = 0;
    fprintf(stderr, "%s\n", length > 0 ? words : "master ended before it was ready");
    _exit(1);
}

int martlet_detach(void)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0)
        return -1;
    pid_t child = fork();
    if (child < 0)
        return -1;
    if (child > 0) {
        close(ends[1]);
        wait_as_starter(ends[0]);
    }
    close(ends[0]);
    if (setsid() < 0)
        return -1;
    child = fork();
    if (child < 0)
        return -1;
    if (child > 0)
        _exit(0);
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null < 0)
        return -1;
    for (int number = 0; number < 3; number++)
        dup2(null, number);
    if (null > 2)
        close(null);
    return ends[1];
}

static int prepare(posix_spawn_file_actions_t *actions, posix_spawnattr_t *attributes, const int *moved, size_t count)
{
    sigset_t none, all;
    int code = posix_spawn_file_actions_addopen(actions, 0, "/dev/null", O_RDONLY, 0);
    for (size_t i = 0; i < count && code == 0; i++)
        code = posix_spawn_file_actions_adddup2(actions, moved[i], 3 + (int)i);
    if (code == 0)
        code = posix_spawn_file_actions_addclosefrom_np(actions, 3 + (int)count);
    sigemptyset(&none);
    sigfillset(&all);
    if (code == 0)
        code = posix_spawnattr_setsigmask(attributes, &none);
    if (code == 0)
        code = posix_spawnattr_setsigdefault(attributes, &all);
    if (code == 0)
        code = posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    return code;
}

pid_t martlet_start_worker(const char *path, char *const *arguments, char *const *environment, const int *descriptors,
                           size_t count)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int moved[64];
    size_t done = 0;
    pid_t child = -1;
    int code = count > sizeof moved / sizeof *moved ? EMFILE : 0;

    /* Out of the way of the final numbers, which may be those of others among them. */
    for (; code == 0 && done < count; done++)
        if ((moved[done] = fcntl(descriptors[done], F_DUPFD_CLOEXEC, 3 + (int)count)) < 0) {
            code = errno;
            break;
        }
    if (code == 0 && (code = posix_spawn_file_actions_init(&actions)) == 0) {
        if ((code = posix_spawnattr_init(&attributes)) == 0) {
            if ((code = prepare(&actions, &attributes, moved, count)) == 0)
                code = posix_spawn(&child, path, &actions, &attributes, arguments, environment);
            posix_spawnattr_destroy(&attributes);
        }
        posix_spawn_file_actions_destroy(&actions);
    }
    while (done > 0)
        close(moved[--done]);
    errno = code;
    return code == 0 ? child : -1;
}

int martlet_open_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    sigaddset(&set, SIGUSR2);
    sigaddset(&set, SIGCHLD);
    signal(SIGPIPE, SIG_IGN);
    /* A starter may have ignored SIGCHLD, and then there would be nobody to take leave of. */
    signal(SIGCHLD, SIG_DFL);
    if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
        return -1;
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

int martlet_next_signal(int descriptor)
{
    struct signalfd_siginfo information;
    ssize_t got = read(descriptor, &information, sizeof information);
    return got == (ssize_t)sizeof information ? (int)information.ssi_signo : 0;
}

pid_t martlet_reap(int *status, int *signal)
{
    int raw = 0;
    pid_t child;
    do
        child = waitpid(-1, &raw, WNOHANG);
    while (child < 0 && errno == EINTR);
    if (child <= 0)
        return 0;
    *status = WIFEXITED(raw) ? WEXITSTATUS(raw) : 0;
    *signal = WIFSIGNALED(raw) ? WTERMSIG(raw) : 0;
    return child;
}

int martlet_lifeline(int pair[2])
{
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
        return -1;
    return fcntl(pair[0], F_SETFL, O_RDWR | O_NONBLOCK);
}

static int listen_or_close(int descriptor, const struct sockaddr *address, socklen_t length, int backlog)
{
    if (bind(descriptor, address, length) == 0 && listen(descriptor, backlog) == 0)
        return descriptor;
    int failure = errno;
    close(descriptor);
    errno = failure;
    return -1;
}

int martlet_listen_inet(const uint8_t *address, size_t length, uint16_t port, int backlog)
{
    int on = 1;
    int descriptor = socket(length == 16 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (descriptor < 0)
        return -1;
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (length == 16) {
        struct sockaddr_in6 inet6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
        memcpy(&inet6.sin6_addr, address, 16);
        setsockopt(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
        return listen_or_close(descriptor, (const struct sockaddr *)&inet6, sizeof inet6, backlog);
    }
    struct sockaddr_in inet = {.sin_family = AF_INET, .sin_port = htons(port)};
    memcpy(&inet.sin_addr, address, 4);
    return listen_or_close(descriptor, (const struct sockaddr *)&inet, sizeof inet, backlog);
}

int martlet_listen_unix(const char *path, mode_t mode, uid_t owner, gid_t group, int backlog)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    strcpy(address.sun_path, path);
    if (unlink(path) < 0 && errno != ENOENT)
        return -1;
    int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (descriptor < 0)
        return -1;
    /* bind makes it with the mode that the umask leaves: no moment of another mode, no chmod of what somebody put there. */
    mode_t before = umask(~mode & 0777);
    descriptor = listen_or_close(descriptor, (const struct sockaddr *)&address, sizeof address, backlog);
    umask(before);
    if (descriptor >= 0 && owner != (uid_t)-1 && lchown(path, owner, group) < 0) {
        int failure = errno;
        close(descriptor);
        errno = failure;
        return -1;
    }
    return descriptor;
}

uint16_t martlet_service_port(const char *name)
{
    const struct servent *entry = getservbyname(name, "tcp");
    return entry ? ntohs((uint16_t)entry->s_port) : 0;
}

int martlet_notify(const char *socket_path, const char *text)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = strlen(socket_path);
    if (length == 0 || length >= sizeof address.sun_path) {
        errno = EINVAL;
        return -1;
    }
    memcpy(address.sun_path, socket_path, length);
    if (address.sun_path[0] == '@')
        address.sun_path[0] = 0;
    int descriptor = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0)
        return -1;
    ssize_t sent = sendto(descriptor, text, strlen(text), MSG_NOSIGNAL, (const struct sockaddr *)&address,
                          (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length));
    int failure = errno;
    close(descriptor);
    errno = failure;
    return sent < 0 ? -1 : 0;
}
