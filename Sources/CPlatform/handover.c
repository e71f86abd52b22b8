#define _GNU_SOURCE
#include "handover.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef SIOCUNIXFILE
#define SIOCUNIXFILE (0x89e0 + 0)
#endif

int martlet_memory_file(const char *name, const void *bytes, size_t length)
{
    int descriptor = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (descriptor < 0)
        return -1;
    const char *rest = bytes;
    for (off_t done = 0; done < (off_t)length;) {
        ssize_t put = pwrite(descriptor, rest + done, length - (size_t)done, done);
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0) {
            int failure = put < 0 ? errno : EIO;
            close(descriptor);
            errno = failure;
            return -1;
        }
        done += put;
    }
    /* Its size stays: nobody who maps it can be made to trap by another who cuts it. */
    if (fcntl(descriptor, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW) < 0) {
        int failure = errno;
        close(descriptor);
        errno = failure;
        return -1;
    }
    return descriptor;
}

void *martlet_map_shared(int descriptor, size_t length)
{
    struct stat status;
    if (fstat(descriptor, &status) < 0)
        return NULL;
    if (status.st_size < (off_t)length) {
        errno = EINVAL;
        return NULL;
    }
    void *place = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    return place == MAP_FAILED ? NULL : place;
}

int martlet_keep_over_exec(int descriptor, int keep)
{
    return fcntl(descriptor, F_SETFD, keep ? 0 : FD_CLOEXEC);
}

int martlet_is_child(int32_t process)
{
    siginfo_t information;
    memset(&information, 0, sizeof information);
    int result;
    do
        result = waitid(P_PID, (id_t)process, &information, WEXITED | WNOHANG | WNOWAIT);
    while (result < 0 && errno == EINTR);
    return result == 0;
}

int martlet_listening_socket(int descriptor, struct martlet_endpoint *endpoint)
{
    union {
        struct sockaddr any;
        struct sockaddr_in inet;
        struct sockaddr_in6 inet6;
        struct sockaddr_un local;
    } name;
    socklen_t length = sizeof name;
    int value = 0;
    socklen_t size = sizeof value;

    memset(endpoint, 0, sizeof *endpoint);
    memset(&name, 0, sizeof name);
    if (getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &value, &size) < 0 || !value)
        return 0;
    size = sizeof value;
    if (getsockopt(descriptor, SOL_SOCKET, SO_TYPE, &value, &size) < 0 || value != SOCK_STREAM)
        return 0;
    if (getsockname(descriptor, &name.any, &length) < 0)
        return 0;
    switch (name.any.sa_family) {
    case AF_INET:
        endpoint->address_length = 4;
        memcpy(endpoint->address, &name.inet.sin_addr, 4);
        endpoint->port = ntohs(name.inet.sin_port);
        return 1;
    case AF_INET6:
        endpoint->address_length = 16;
        memcpy(endpoint->address, &name.inet6.sin6_addr, 16);
        endpoint->port = ntohs(name.inet6.sin6_port);
        return 1;
    case AF_UNIX:
        if (length <= offsetof(struct sockaddr_un, sun_path) || name.local.sun_path[0] == 0)
            return 0;
        size_t count = length - offsetof(struct sockaddr_un, sun_path);
        if (count >= sizeof endpoint->path)
            return 0;
        memcpy(endpoint->path, name.local.sun_path, count);
        return 1;
    default: return 0;
    }
}

int martlet_is_socket_of(int descriptor, const char *path)
{
    struct stat there, ours;
    int file = ioctl(descriptor, SIOCUNIXFILE);
    if (file < 0)
        return 0;
    int same = fstat(file, &ours) == 0 && lstat(path, &there) == 0 && S_ISSOCK(there.st_mode)
        && ours.st_dev == there.st_dev && ours.st_ino == there.st_ino;
    close(file);
    return same;
}

int martlet_is_socket(int descriptor)
{
    struct stat status;
    return fstat(descriptor, &status) == 0 && S_ISSOCK(status.st_mode);
}

int martlet_is_file_of(int descriptor, const char *path)
{
    struct stat there, ours;
    return fstat(descriptor, &ours) == 0 && lstat(path, &there) == 0 && S_ISREG(there.st_mode)
        && ours.st_dev == there.st_dev && ours.st_ino == there.st_ino;
}

int martlet_accept(int descriptor, uint32_t *user)
{
    int client = accept4(descriptor, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (client < 0)
        return -1;
    struct ucred peer;
    socklen_t length = sizeof peer;
    if (getsockopt(client, SOL_SOCKET, SO_PEERCRED, &peer, &length) < 0) {
        int failure = errno;
        close(client);
        errno = failure;
        return -1;
    }
    *user = peer.uid;
    return client;
}

int martlet_notify_descriptor(const char *socket_path, const char *text, int carried)
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
    struct iovec words = {.iov_base = (void *)text, .iov_len = strlen(text)};
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(sizeof(int))];
    } control;
    memset(&control, 0, sizeof control);
    struct msghdr message = {
        .msg_name = &address,
        .msg_namelen = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length),
        .msg_iov = &words,
        .msg_iovlen = 1,
        .msg_control = &control,
        .msg_controllen = sizeof control.space,
    };
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(header), &carried, sizeof carried);
    int descriptor = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0)
        return -1;
    ssize_t sent = sendmsg(descriptor, &message, MSG_NOSIGNAL);
    int failure = errno;
    close(descriptor);
    errno = failure;
    return sent < 0 ? -1 : 0;
}

int martlet_open_watch(void)
{
    return inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
}

int martlet_watch_directory(int watch, const char *path)
{
    return inotify_add_watch(watch, path, IN_CLOSE_WRITE | IN_MOVED_TO | IN_CREATE | IN_DELETE | IN_ATTRIB | IN_ONLYDIR);
}

void martlet_drain_watch(int watch)
{
    char events[8192];
    while (read(watch, events, sizeof events) > 0)
        continue;
}
