/* The zone of local time. */
#ifndef MARTLET_ZONE_H
#define MARTLET_ZONE_H

#include <stddef.h>
#include <stdint.h>

/* Seconds east of UTC at an instant in seconds since 1970 (0 when there is no local time); writes the zone's short name and sets
 * its length. */
int32_t martlet_zone(int64_t seconds, char *name, size_t size, size_t *length);

#endif
