#define _GNU_SOURCE
#include "sandbox.h"
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <netdb.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* Capabilities */

int martlet_empty_bounding_set(void)
{
    for (unsigned long number = 0; number < 64; number++) {
        if (prctl(PR_CAPBSET_READ, number, 0, 0, 0) != 1)
            continue;
        if (prctl(PR_CAPBSET_DROP, number, 0, 0, 0) < 0)
            return errno == EPERM ? 0 : -1;
    }
    return 0;
}

int martlet_keep_capabilities(uint64_t kept)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2];
    if (syscall(SYS_capget, &header, data) < 0)
        return -1;
    for (int half = 0; half < 2; half++) {
        uint32_t bits = (uint32_t) (kept >> (32 * half)) & data[half].permitted;
        data[half].effective = data[half].permitted = bits;
        data[half].inheritable = 0;
    }
    return syscall(SYS_capset, &header, data) < 0 ? -1 : 0;
}

int martlet_capabilities(uint64_t *effective)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2];
    if (syscall(SYS_capget, &header, data) < 0)
        return -1;
    *effective = data[0].effective | (uint64_t) data[1].effective << 32;
    return 0;
}

int martlet_is_undumpable(void)
{
    return prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0;
}

/* Modules of the name service are loaded at the first question that reaches them, with libraries that do at their start what is
 * forbidden later. Loading is no question, so no server is waited for. */
static void load_modules(void)
{
    char line[1024];
    FILE *file = fopen("/etc/nsswitch.conf", "re");
    if (!file)
        return;
    while (fgets(line, sizeof line, file)) {
        line[strcspn(line, "#\n")] = 0;
        char *rest = line, *database = strsep(&rest, ":"), *service;
        if (!rest || (strcmp(database, "passwd") && strcmp(database, "group") && strcmp(database, "hosts")))
            continue;
        while ((service = strsep(&rest, " \t"))) {
            char name[96];
            /* "[NOTFOUND=return]" is no module; the C library has these two inside. */
            if (!*service || strchr(service, '[') || strchr(service, ']') || strchr(service, '/') || !strcmp(service, "files")
                || !strcmp(service, "dns"))
                continue;
            snprintf(name, sizeof name, "libnss_%.64s.so.2", service);
            (void) dlopen(name, RTLD_NOW);
        }
    }
    fclose(file);
}

void martlet_load_name_service(void)
{
    load_modules();
    char buffer[4096];
    struct passwd user, *found_user;
    struct group group, *found_group;
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *list = NULL;
    (void) getpwnam_r("root", &user, buffer, sizeof buffer, &found_user);
    (void) getgrnam_r("root", &group, buffer, sizeof buffer, &found_group);
    if (getaddrinfo("localhost", NULL, &hints, &list) == 0)
        freeaddrinfo(list);
}

void martlet_load_time_zone(void)
{
    struct tm local;
    time_t instant = 0;
    (void) localtime_r(&instant, &local);
}

/* Landlock. The C library has no functions for it, and older kernel headers not all of its constants. */

#ifndef __NR_landlock_create_ruleset
#define __NR_landlock_create_ruleset 444
#define __NR_landlock_add_rule 445
#define __NR_landlock_restrict_self 446
#endif

struct ruleset_attribute {
    uint64_t files, tcp, scoped;
};
struct path_rule {
    uint64_t rights;
    int32_t descriptor;
} __attribute__((packed));
struct port_rule {
    uint64_t rights, port;
};

enum { PATH_RULE = 1, PORT_RULE = 2 };
static const uint64_t rights_of_files = MARTLET_FILE_WRITE | MARTLET_FILE_READ | MARTLET_FILE_TRUNCATE;
/* Abstract UNIX sockets and signals. */
static const uint64_t scopes = 3;

static uint64_t known_files(int version)
{
    uint64_t known = (1ull << 13) - 1;
    if (version >= 2)
        known |= 1ull << 13; /* linking and renaming into other directories */
    if (version >= 3)
        known |= MARTLET_FILE_TRUNCATE;
    if (version >= 5)
        known |= 1ull << 15; /* ioctl of devices */
    return known;
}

int martlet_landlock_version(void)
{
    long version = syscall(__NR_landlock_create_ruleset, NULL, 0, 1);
    return version > 0 ? (int) version : 0;
}

int martlet_landlock_begin(int version, uint64_t tcp)
{
    struct ruleset_attribute attribute = {.files = known_files(version), .tcp = tcp, .scoped = scopes};
    size_t size = version >= 6 ? 24 : version >= 4 ? 16 : 8;
    return (int) syscall(__NR_landlock_create_ruleset, &attribute, size, 0);
}

int martlet_landlock_allow(int rules, int version, const char *path, uint64_t rights)
{
    struct stat status;
    struct path_rule rule = {.descriptor = open(path, O_PATH | O_CLOEXEC)};
    if (rule.descriptor < 0)
        return -1;
    int result = fstat(rule.descriptor, &status);
    if (result == 0) {
        rule.rights = rights & known_files(version) & (S_ISDIR(status.st_mode) ? ~0ull : rights_of_files);
        result = (int) syscall(__NR_landlock_add_rule, rules, PATH_RULE, &rule, 0);
    }
    int failure = errno;
    close(rule.descriptor);
    errno = failure;
    return result;
}

int martlet_landlock_allow_port(int rules, uint64_t tcp, uint16_t port)
{
    struct port_rule rule = {.rights = tcp, .port = port};
    return (int) syscall(__NR_landlock_add_rule, rules, PORT_RULE, &rule, 0);
}

int martlet_landlock_enforce(int rules)
{
    int result = (int) syscall(__NR_landlock_restrict_self, rules, 0);
    int failure = errno;
    close(rules);
    errno = failure;
    return result;
}
