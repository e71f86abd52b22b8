/* The calls that Swift cannot make, or not safely. Each returns -1 and sets errno on failure unless it says otherwise. */
#ifndef MARTLET_CPLATFORM_H
#define MARTLET_CPLATFORM_H

#include <stddef.h>
#include <stdint.h>

#include "delivery.h"
#include "handover.h"
#include "sandbox.h"
#include "supervise.h"
#include "trial.h"
#include "zone.h"

/* Writes the text of an errno value; returns its length. */
size_t martlet_strerror(int code, void *buffer, size_t size);

const char *martlet_dirent_name(const void *entry);

int martlet_punch_hole(int descriptor, int64_t offset, int64_t length);

/* CRC-32C (Castagnoli) over bytes, continuing from `seed` (start with any seed; no final inversion is needed by callers).
 * Uses the processor's instruction where it has one. */
uint32_t martlet_crc32c(uint32_t seed, const void *bytes, size_t length);

/* setresgid and setresuid of all three to one value: there is no way back. */
int martlet_become_group(uint32_t group);
int martlet_become_user(uint32_t user);

/* Nobody of the same user may trace the process or read its memory. */
int martlet_become_undumpable(void);

/* Neither this process nor what it executes can gain privileges from set-id files. */
int martlet_no_new_privileges(void);

/* Local time of an instant in seconds since 1970; all zero when it has none. Month 0 to 11, day 1 to 31; the offset from UTC
 * in seconds. */
struct martlet_local_time {
    int32_t year, month, day, hour, minute, second, weekday, utc_offset;
};
struct martlet_local_time martlet_local_time(int64_t seconds);

/* A crash ends the process at once, as its parent expects: Swift's runtime would first start another program that looks at it, and a
 * daemon that has nothing to execute hangs there. With SWIFT_BACKTRACE in the environment it may. */
void martlet_die_of_crashes(void);

/* For a daemon: SIGTERM is kept for martlet_wait_for_termination, SIGINT and SIGHUP (which a terminal sends to all), SIGPIPE
 * are ignored. Call before any thread exists. */
int martlet_hold_termination(void);

/* Returns when SIGTERM has come. */
void martlet_wait_for_termination(void);

/* A mark of this process on one byte of a file that many share: a record lock, which the kernel takes away when the process ends
 * and which programs started by it do not inherit. 0, or -1 with errno. */
int martlet_set_mark(int descriptor, int64_t place, int on);

/* A mark of another process between two places, not necessarily the lowest, and its process; -1: there is none; -2: errno. */
int64_t martlet_find_mark(int descriptor, int64_t first, int64_t last, int32_t *process);

/* Ends the process without running destructors beside live threads. */
_Noreturn void martlet_exit(int status);

/* Gives every job that Swift's runtime would hand to its global pool of threads to `function` instead. Once, before any task. */
void martlet_take_global_jobs(void (*function)(void *job));

/* As many descriptors as the administrator allows, up to 65,536. */
void martlet_raise_descriptor_limit(void);

/* Keeps the allocator to one arena, and what is freed at hand for the next message. */
void martlet_tune_allocator(void);

#endif
