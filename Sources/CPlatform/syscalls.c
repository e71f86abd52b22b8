/* The filter of system calls: a list of calls that are allowed by their number alone, the busiest first (the kernel keeps the
 * verdict on these in a bitmap, so that they cost nothing), and the few whose arguments matter. */
#define _GNU_SOURCE
#include "sandbox.h"
#include <asm/unistd.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#define MACHINE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define MACHINE AUDIT_ARCH_AARCH64
#elif defined(__riscv) && __riscv_xlen == 64
#define MACHINE AUDIT_ARCH_RISCV64
#endif

/* -- What every daemon does: its event loop, its sockets, memory, threads, time. */
static const int always[] = {
#ifdef __NR_epoll_wait
    __NR_epoll_wait,
#endif
    __NR_read, __NR_write, __NR_writev, __NR_readv, __NR_futex, __NR_epoll_ctl, __NR_close,
    __NR_epoll_pwait, __NR_recvfrom, __NR_sendto, __NR_recvmsg, __NR_sendmsg, __NR_recvmmsg, __NR_sendmmsg, __NR_pread64,
    __NR_accept4, __NR_accept, __NR_connect, __NR_getsockopt, __NR_setsockopt, __NR_shutdown, __NR_listen, __NR_socketpair,
    __NR_getsockname, __NR_getpeername, __NR_eventfd2, __NR_timerfd_create, __NR_timerfd_settime, __NR_timerfd_gettime,
    __NR_epoll_create1, __NR_ppoll, __NR_pselect6, __NR_pipe2, __NR_dup, __NR_dup3, __NR_fcntl, __NR_fstat, __NR_newfstatat, __NR_lseek,
    __NR_clock_gettime, __NR_clock_getres, __NR_clock_nanosleep, __NR_nanosleep, __NR_gettimeofday, __NR_getrandom, __NR_munmap,
    __NR_mremap, __NR_madvise, __NR_brk, __NR_sched_yield, __NR_sched_getaffinity, __NR_membarrier, __NR_set_robust_list,
    __NR_set_tid_address, __NR_gettid, __NR_getpid, __NR_getppid, __NR_getuid, __NR_geteuid, __NR_getgid, __NR_getegid,
    __NR_getresuid, __NR_getresgid, __NR_getgroups, __NR_uname, __NR_sysinfo, __NR_getrusage, __NR_getcwd, __NR_rt_sigaction,
    __NR_rt_sigprocmask, __NR_rt_sigreturn, __NR_rt_sigtimedwait, __NR_sigaltstack, __NR_restart_syscall, __NR_exit,
    __NR_exit_group,
#ifdef __NR_rseq
    __NR_rseq,
#endif
#ifdef __NR_epoll_pwait2
    __NR_epoll_pwait2,
#endif
#ifdef __NR_close_range
    __NR_close_range,
#endif
#ifdef __NR_poll
    __NR_poll, __NR_select, __NR_pipe, __NR_dup2, __NR_epoll_create, __NR_time, __NR_getrlimit,
#endif
};

/* -- Name service, tables, content. What may be read is for users, groups and Landlock to say. */
static const int reading[] = {
    __NR_statx, __NR_getdents64, __NR_faccessat, __NR_readlinkat, __NR_fstatfs, __NR_statfs, __NR_fadvise64,
    __NR_flock,
#ifdef __NR_faccessat2
    __NR_faccessat2,
#endif
#ifdef __NR_stat
    __NR_stat, __NR_lstat, __NR_access, __NR_readlink,
#endif
};

/* -- The spool. */
static const int writing[] = {
    __NR_pwrite64, __NR_fdatasync, __NR_fsync, __NR_pwritev, __NR_fallocate, __NR_ftruncate, __NR_msync, __NR_unlinkat,
    __NR_renameat, __NR_renameat2, __NR_mkdirat, __NR_sync_file_range, __NR_fchmod,
#ifdef __NR_unlink
    __NR_unlink, __NR_rename, __NR_mkdir, __NR_rmdir,
#endif
};

/* -- Sockets of the Internet that the program opens itself. Listening ones are master's. */
static const int internet[] = {__NR_bind};

struct program {
    struct sock_filter lines[1024];
    unsigned short count;
};

static void put(struct program *p, struct sock_filter line)
{
    /* The lists above are a fifth of this. */
    if (p->count < sizeof p->lines / sizeof *p->lines)
        p->lines[p->count++] = line;
}

#define STATEMENT(p, code, value) put(p, (struct sock_filter) BPF_STMT(code, value))
#define JUMP(p, code, value, yes, no) put(p, (struct sock_filter) BPF_JUMP(code, value, yes, no))
#define LOAD(p, offset) STATEMENT(p, BPF_LD | BPF_W | BPF_ABS, offset)
#define RETURN(p, value) STATEMENT(p, BPF_RET | BPF_K, value)

static void begin(struct program *p)
{
#ifdef MACHINE
    LOAD(p, offsetof(struct seccomp_data, arch));
    JUMP(p, BPF_JMP | BPF_JEQ | BPF_K, MACHINE, 1, 0);
    RETURN(p, SECCOMP_RET_KILL_PROCESS);
#endif
    LOAD(p, offsetof(struct seccomp_data, nr));
}

static void allow(struct program *p, const int *numbers, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        JUMP(p, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t) numbers[i], 0, 1);
        RETURN(p, SECCOMP_RET_ALLOW);
    }
}

#define ALLOW(p, list) allow(p, list, sizeof list / sizeof *list)

/* The argument's lower half: flags, families, protections and process numbers have 32 bits. */
#define ARGUMENT(n) (offsetof(struct seccomp_data, args[n]) + (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? 4 : 0))

/* A call whose argument must be one of these values. */
static void allow_values(struct program *p, int number, int argument, const uint32_t *values, size_t count, uint32_t denial)
{
    JUMP(p, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t) number, 0, (uint8_t) (2 * count + 2));
    LOAD(p, ARGUMENT(argument));
    for (size_t i = 0; i < count; i++) {
        JUMP(p, BPF_JMP | BPF_JEQ | BPF_K, values[i], 0, 1);
        RETURN(p, SECCOMP_RET_ALLOW);
    }
    RETURN(p, denial);
}

/* A call in whose argument exactly these bits of the mask must be set. */
static void allow_bits(struct program *p, int number, int argument, uint32_t mask, uint32_t bits, uint32_t denial)
{
    JUMP(p, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t) number, 0, 5);
    LOAD(p, ARGUMENT(argument));
    STATEMENT(p, BPF_ALU | BPF_AND | BPF_K, mask);
    JUMP(p, BPF_JMP | BPF_JEQ | BPF_K, bits, 0, 1);
    RETURN(p, SECCOMP_RET_ALLOW);
    RETURN(p, denial);
}

/* Code comes from files, never from what the process has written: mapped neither writable and executable at once, nor executable
 * without a file. */
static void allow_mapping(struct program *p, uint32_t denial)
{
    JUMP(p, BPF_JMP | BPF_JEQ | BPF_K, __NR_mmap, 0, 8);
    LOAD(p, ARGUMENT(2));
    JUMP(p, BPF_JMP | BPF_JSET | BPF_K, PROT_EXEC, 1, 0);
    RETURN(p, SECCOMP_RET_ALLOW);
    JUMP(p, BPF_JMP | BPF_JSET | BPF_K, PROT_WRITE, 3, 0);
    LOAD(p, ARGUMENT(3));
    JUMP(p, BPF_JMP | BPF_JSET | BPF_K, MAP_ANONYMOUS, 1, 0);
    RETURN(p, SECCOMP_RET_ALLOW);
    RETURN(p, denial);
}

static void allow_checked(struct program *p, uint32_t groups, uint32_t denial)
{
    static const uint32_t families[] = {AF_UNIX, AF_INET, AF_INET6, AF_NETLINK};
    static const uint32_t controls[] = {FIONREAD, FIONBIO, TCGETS};
    /* Names of threads; what libcap asks when a module of the name service brings it along. */
    static const uint32_t harmless[] = {PR_SET_NAME, PR_GET_NAME, PR_CAPBSET_READ};
    const uint32_t writes = O_WRONLY | O_RDWR | O_CREAT | O_TRUNC;
    const uint32_t thread = CLONE_THREAD | CLONE_VM;
    const uint32_t self[] = {(uint32_t) getpid()}, nobody[] = {0};

    allow_values(p, __NR_socket, 0, families, groups & MARTLET_CALLS_INTERNET ? 4 : 1, denial);
    allow_mapping(p, denial);
    allow_bits(p, __NR_mprotect, 2, PROT_EXEC, 0, denial);
    /* Threads, not processes. */
    allow_bits(p, __NR_clone, 0, thread, thread, denial);
    allow_values(p, __NR_tgkill, 0, self, 1, denial);
    allow_values(p, __NR_kill, 0, self, 1, denial);
    allow_values(p, __NR_prlimit64, 0, nobody, 1, denial);
    allow_values(p, __NR_ioctl, 1, controls, 3, denial);
    allow_values(p, __NR_prctl, 0, harmless, 3, denial);
    if (groups & MARTLET_CALLS_WRITE_FILES) {
        static const int opening[] = {
            __NR_openat,
#ifdef __NR_open
            __NR_open,
#endif
        };
        ALLOW(p, opening);
    } else if (groups & MARTLET_CALLS_READ_FILES) {
        allow_bits(p, __NR_openat, 2, writes, 0, denial);
#ifdef __NR_open
        allow_bits(p, __NR_open, 1, writes, 0, denial);
#endif
    }
}

static int install(const struct program *p, unsigned flags)
{
    struct sock_fprog fprog = {.len = p->count, .filter = (struct sock_filter *) p->lines};
    return (int) syscall(__NR_seccomp, SECCOMP_SET_MODE_FILTER, flags, &fprog);
}

int martlet_has_seccomp(void)
{
#ifdef MACHINE
    uint32_t action = SECCOMP_RET_ERRNO;
    return syscall(__NR_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
#else
    return 0;
#endif
}

/* clone3 hides its flags in memory, where no filter can see them. Without it the C library makes its threads by clone. A filter
 * of its own, so that what is expected is not logged. */
static int refuse_clone3(void)
{
#ifdef __NR_clone3
    struct program p = {.count = 0};
    begin(&p);
    JUMP(&p, BPF_JMP | BPF_JEQ | BPF_K, __NR_clone3, 0, 1);
    RETURN(&p, SECCOMP_RET_ERRNO | ENOSYS);
    RETURN(&p, SECCOMP_RET_ALLOW);
    return install(&p, SECCOMP_FILTER_FLAG_SPEC_ALLOW);
#else
    return 0;
#endif
}

int martlet_confine_calls(uint32_t groups, int kills)
{
    const uint32_t denial = kills ? SECCOMP_RET_KILL_PROCESS : SECCOMP_RET_ERRNO | EPERM;
    struct program p = {.count = 0};
    begin(&p);
    ALLOW(&p, always);
    if (groups & MARTLET_CALLS_WRITE_FILES)
        ALLOW(&p, writing);
    if (groups & (MARTLET_CALLS_READ_FILES | MARTLET_CALLS_WRITE_FILES))
        ALLOW(&p, reading);
    if (groups & MARTLET_CALLS_INTERNET)
        ALLOW(&p, internet);
#ifdef __NR_clone3
    /* Answered by the other filter. */
    static const int answered[] = {__NR_clone3};
    ALLOW(&p, answered);
#endif
    allow_checked(&p, groups, denial);
    RETURN(&p, denial);
    if (p.count == sizeof p.lines / sizeof *p.lines) {
        errno = E2BIG;
        return -1;
    }
    return refuse_clone3() < 0 ? -1 : install(&p, SECCOMP_FILTER_FLAG_LOG | SECCOMP_FILTER_FLAG_SPEC_ALLOW);
}
