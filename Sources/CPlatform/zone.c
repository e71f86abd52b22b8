#define _GNU_SOURCE
#include "zone.h"
#include <string.h>
#include <time.h>

int32_t martlet_zone(int64_t seconds, char *name, size_t size, size_t *length)
{
    time_t instant = (time_t) seconds;
    struct tm local;
    *length = 0;
    if (!localtime_r(&instant, &local))
        return 0;
    if (local.tm_zone) {
        *length = strnlen(local.tm_zone, size);
        memcpy(name, local.tm_zone, *length);
    }
    return (int32_t) local.tm_gmtoff;
}
