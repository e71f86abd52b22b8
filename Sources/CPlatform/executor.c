#include "cplatform.h"

/* The runtime's own hook (swift/Runtime/Concurrency.h). Weak: a program without concurrency links all the same. */
#define SWIFT_CALL __attribute__((swiftcall))
#define HOOK extern __attribute__((weak)) SWIFT_CALL

typedef struct Job Job;
typedef SWIFT_CALL void (*enqueue_original)(Job *);

HOOK void (*swift_task_enqueueGlobal_hook)(Job *, enqueue_original);

static void (*take)(void *job);

static SWIFT_CALL void enqueue(Job *job, enqueue_original original)
{
    (void)original;
    take(job);
}

void martlet_take_global_jobs(void (*function)(void *job))
{
    take = function;
    if (&swift_task_enqueueGlobal_hook)
        swift_task_enqueueGlobal_hook = enqueue;
}
