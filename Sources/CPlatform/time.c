#define _GNU_SOURCE
#include "cplatform.h"
#include <time.h>

struct martlet_local_time martlet_local_time(int64_t seconds)
{
    time_t instant = (time_t)seconds;
    struct tm tm;
    if (localtime_r(&instant, &tm) == NULL)
        return (struct martlet_local_time){0};
    return (struct martlet_local_time){
        .year = tm.tm_year + 1900, .month = tm.tm_mon, .day = tm.tm_mday, .hour = tm.tm_hour, .minute = tm.tm_min,
        .second = tm.tm_sec, .weekday = tm.tm_wday, .utc_offset = (int32_t)tm.tm_gmtoff,
    };
}
