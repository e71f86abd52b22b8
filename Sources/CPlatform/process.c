#define _GNU_SOURCE
#include "cplatform.h"
#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

int martlet_become_group(uint32_t group)
{
    return setresgid(group, group, group);
}

int martlet_become_user(uint32_t user)
{
    return setresuid(user, user, user);
}

int martlet_become_undumpable(void)
{
    return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

int martlet_no_new_privileges(void)
{
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

void martlet_die_of_crashes(void)
{
    static const int crashes[] = {SIGQUIT, SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGTRAP};
    if (getenv("SWIFT_BACKTRACE"))
        return;
    for (size_t i = 0; i < sizeof crashes / sizeof *crashes; i++)
        signal(crashes[i], SIG_DFL);
}

int martlet_hold_termination(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGINT, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    return sigprocmask(SIG_BLOCK, &set, NULL);
}

void martlet_wait_for_termination(void)
{
    sigset_t set;
    int number;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    while (sigwait(&set, &number) != 0)
        continue;
}

_Noreturn void martlet_exit(int status)
{
    _exit(status);
}

void martlet_raise_descriptor_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return;
    rlim_t wanted = limit.rlim_max < 65536 ? limit.rlim_max : 65536;
    if (limit.rlim_cur < wanted) {
        limit.rlim_cur = wanted;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

void martlet_tune_allocator(void)
{
    /* One event loop allocates; an arena for each helper thread would only cost memory. */
    mallopt(M_ARENA_MAX, 1);
    /* Buffers of a message come and go all the time: with glibc's defaults (128 KiB) each would be mapped and unmapped, or the
     * heap's end given back and taken again, with all pages cleared anew. */
    mallopt(M_MMAP_THRESHOLD, 4 << 20);
    mallopt(M_TRIM_THRESHOLD, 8 << 20);
}
