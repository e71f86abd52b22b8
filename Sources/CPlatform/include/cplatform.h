/* The calls that Swift cannot make, or not safely. Each returns -1 and sets errno on failure unless it says otherwise. */
#ifndef MARTLET_CPLATFORM_H
#define MARTLET_CPLATFORM_H

#include <dirent.h>
#include <stddef.h>
#include <stdint.h>

/* Writes the text of an errno value; returns its length. */
size_t martlet_strerror(int code, void *buffer, size_t size);

const char *martlet_dirent_name(const struct dirent *entry);

int martlet_punch_hole(int descriptor, int64_t offset, int64_t length);

/* CRC-32C (Castagnoli) over bytes, continuing from `seed` (start with any seed; no final inversion is needed by callers).
 * Uses the processor's instruction where it has one. */
uint32_t martlet_crc32c(uint32_t seed, const void *bytes, size_t length);

#endif
