#define _GNU_SOURCE
#include "trial.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <pwd.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static int result(int code)
{
    return code < 0 ? errno : 0;
}

static int closed(int descriptor)
{
    int code = result(descriptor);
    if (descriptor >= 0)
        close(descriptor);
    return code;
}

/* Opens for reading and reads. */
static int try_read(const char *path)
{
    char byte;
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0)
        return errno;
    int code = result((int) read(descriptor, &byte, 1));
    close(descriptor);
    return code;
}

static int try_write(const char *path)
{
    return closed(open(path, O_WRONLY | O_CLOEXEC | O_NONBLOCK));
}

static int try_create(const char *path)
{
    int code = closed(open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (code == 0)
        unlink(path);
    return code;
}

static int try_list(const char *path)
{
    DIR *directory = opendir(path);
    if (!directory)
        return errno;
    closedir(directory);
    return 0;
}

static int try_run(const char *path)
{
    char *arguments[] = {(char *) path, NULL};
    pid_t child;
    int status, code = posix_spawn(&child, path, NULL, NULL, arguments, environ);
    if (code == 0)
        waitpid(child, &status, 0);
    return code;
}

/* Connects to a UNIX socket. The server may still hang up: for that it has to look. */
static int try_connect(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int code, descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0)
        return errno;
    if (strlen(path) >= sizeof address.sun_path)
        return ENAMETOOLONG;
    strcpy(address.sun_path, path);
    code = result(connect(descriptor, (const struct sockaddr *) &address, sizeof address));
    close(descriptor);
    return code;
}

/* Connects to a UNIX socket and waits for the other end to say something or hang up: ECONNRESET when it hangs up. */
static int try_converse(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct timeval patience = {.tv_sec = 2};
    char byte;
    int code, descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0)
        return errno;
    strncpy(address.sun_path, path, sizeof address.sun_path - 1);
    code = result(connect(descriptor, (const struct sockaddr *) &address, sizeof address));
    if (code == 0) {
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        ssize_t got = recv(descriptor, &byte, 1, 0);
        code = got == 0 ? ECONNRESET : got < 0 && errno != EAGAIN ? errno : 0;
    }
    close(descriptor);
    return code;
}

static int make_socket_file(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int code, descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0)
        return errno;
    strncpy(address.sun_path, path, sizeof address.sun_path - 1);
    code = result(bind(descriptor, (const struct sockaddr *) &address, sizeof address));
    close(descriptor);
    if (code == 0)
        unlink(path);
    return code;
}

/* TCP to a port of 127.0.0.1, as its client or its server. */
static int try_port(const char *port, int serves)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t) atoi(port)), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int code, descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0)
        return errno;
    code = result((serves ? bind : connect)(descriptor, (const struct sockaddr *) &address, sizeof address));
    close(descriptor);
    return code;
}

static int try_trace(const char *process)
{
    pid_t number = atoi(process);
    int code = result((int) ptrace(PTRACE_SEIZE, number, NULL, NULL));
    if (code == 0)
        ptrace(PTRACE_DETACH, number, NULL, NULL);
    return code;
}

static int try_memory(const char *process)
{
    char path[64] = "/proc/";
    strncat(path, process, 20);
    strcat(path, "/mem");
    return closed(open(path, O_RDONLY | O_CLOEXEC));
}

static int become_root(void)
{
    if (setresuid(0, 0, 0) == 0 || setuid(0) == 0 || seteuid(0) == 0)
        return 0;
    int code = errno;
    return setgid(0) == 0 || setgroups(0, NULL) == 0 ? 0 : code;
}

static int try_code(void)
{
    void *memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        return errno;
    munmap(memory, 4096);
    return 0;
}

static void *nothing(void *context)
{
    return context;
}

static int try_thread(void)
{
    pthread_t thread;
    int code = pthread_create(&thread, NULL, nothing, NULL);
    return code ? code : pthread_join(thread, NULL);
}

static int try_account(const char *name)
{
    errno = 0;
    return getpwnam(name) ? 0 : errno ? errno : ENOENT;
}

static int try_host(const char *name)
{
    struct addrinfo *list = NULL;
    if (getaddrinfo(name, NULL, NULL, &list) != 0)
        return ENOENT;
    freeaddrinfo(list);
    return 0;
}

int martlet_try(const char *verb, const char *argument)
{
#define WHEN(name, attempt)                                                                                                    \
    if (strcmp(verb, name) == 0)                                                                                               \
    return attempt
    WHEN("read", try_read(argument));
    WHEN("write", try_write(argument));
    WHEN("create", try_create(argument));
    WHEN("list", try_list(argument));
    WHEN("remove", result(unlink(argument)));
    WHEN("run", try_run(argument));
    WHEN("connect", try_connect(argument));
    WHEN("converse", try_converse(argument));
    WHEN("serve", make_socket_file(argument));
    WHEN("connect-port", try_port(argument, 0));
    WHEN("bind-port", try_port(argument, 1));
    WHEN("datagram", closed(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)));
    WHEN("trace", try_trace(argument));
    WHEN("memory", try_memory(argument));
    WHEN("signal", result(kill(atoi(argument), 0)));
    WHEN("become-root", become_root());
    WHEN("code", try_code());
    WHEN("thread", try_thread());
    WHEN("account", try_account(argument));
    WHEN("host", try_host(argument));
    return EINVAL;
}
