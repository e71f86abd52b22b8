#define _GNU_SOURCE
#include "cplatform.h"
#include <dirent.h>
#include <fcntl.h>
#include <string.h>

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
