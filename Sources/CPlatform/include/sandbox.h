/* What confines a process beside its user: capabilities, Landlock, seccomp. Each returns -1 and sets errno on failure unless it
 * says otherwise. Call while the process has one thread: all of these belong to threads, and later ones inherit them. */
#ifndef MARTLET_SANDBOX_H
#define MARTLET_SANDBOX_H

#include <stdint.h>

/* Nothing that is executed from here on can gain a capability. Without CAP_SETPCAP nothing is done, and 0 returned: where the
 * capability is missing, a container's manager has decided already. */
int martlet_empty_bounding_set(void);

/* Root keeps these capabilities (bits by number) and loses the others; what it executes has them all again. */
int martlet_keep_capabilities(uint64_t kept);

/* Capabilities in force, bits by number. */
int martlet_capabilities(uint64_t *effective);

static const uint64_t MARTLET_CAP_DAC_READ_SEARCH = 1ull << 2;

/* 1 when the process is undumpable. */
int martlet_is_undumpable(void);

/* Makes the C library read its name service's configuration and load its modules now. */
void martlet_load_name_service(void);

/* The same for the time zone. */
void martlet_load_time_zone(void);

/* Landlock (landlock(7)). The version that the kernel speaks; 0: it has none, or it is switched off. */
int martlet_landlock_version(void);

static const uint64_t MARTLET_FILE_WRITE = 1ull << 1;
static const uint64_t MARTLET_FILE_READ = 1ull << 2;
static const uint64_t MARTLET_FILE_LIST = 1ull << 3;
static const uint64_t MARTLET_FILE_REMOVE = 1ull << 5;
static const uint64_t MARTLET_FILE_MAKE = 1ull << 8;
static const uint64_t MARTLET_FILE_TRUNCATE = 1ull << 14;

static const uint64_t MARTLET_TCP_BIND = 1ull << 0;
static const uint64_t MARTLET_TCP_CONNECT = 1ull << 1;

/* A set of rules that forbids every access to files, these over TCP (MARTLET_TCP_), and signals and abstract sockets to other
 * programs, as far as this version knows of them. Returns its descriptor. */
int martlet_landlock_begin(int version, uint64_t tcp);

/* Exempts what is beneath a path. */
int martlet_landlock_allow(int rules, int version, const char *path, uint64_t rights);

/* Exempts a port. */
int martlet_landlock_allow_port(int rules, uint64_t tcp, uint16_t port);

/* The rules hold from now on; closes them. Needs no_new_privs. */
int martlet_landlock_enforce(int rules);

/* Seccomp: the system calls that a daemon of this suite makes, by what it does. See syscalls.c. */
enum martlet_calls {
    MARTLET_CALLS_READ_FILES = 1,
    MARTLET_CALLS_WRITE_FILES = 2,
    MARTLET_CALLS_INTERNET = 4,
};

/* Whether the kernel filters system calls, and this program knows its machine's. */
int martlet_has_seccomp(void);

/* Every other call fails with EPERM and is written to the kernel's log, or, with `kills`, ends the process by SIGSYS. Needs
 * no_new_privs. */
int martlet_confine_calls(uint32_t groups, int kills);

#endif
