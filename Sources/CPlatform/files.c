#define _GNU_SOURCE
#include "cplatform.h"
#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

size_t martlet_strerror(int code, void *buffer, size_t size)
{
    char text[256];
    const char *message = strerror_r(code, text, sizeof text);
    size_t length = strlen(message);
    if (length > size)
        length = size;
    memcpy(buffer, message, length);
    return length;
}

const char *martlet_dirent_name(const void *entry)
{
    return ((const struct dirent *) entry)->d_name;
}

int martlet_punch_hole(int descriptor, int64_t offset, int64_t length)
{
    return fallocate(descriptor, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset, length);
}

int martlet_set_mark(int descriptor, int64_t place, int on)
{
    struct flock lock = {.l_type = on ? F_RDLCK : F_UNLCK, .l_whence = SEEK_SET, .l_start = place, .l_len = 1};
    return fcntl(descriptor, F_SETLK, &lock);
}

int64_t martlet_find_mark(int descriptor, int64_t first, int64_t last, int32_t *process)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = first, .l_len = last - first + 1};
    if (fcntl(descriptor, F_GETLK, &lock) != 0)
        return -2;
    if (lock.l_type == F_UNLCK)
        return -1;
    *process = lock.l_pid;
    return lock.l_start;
}
