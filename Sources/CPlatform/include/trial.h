/* Attempts of a process to do what it should not, for the test of roles. */
#ifndef MARTLET_TRIAL_H
#define MARTLET_TRIAL_H

/* 0 when it succeeded, else errno; EINVAL for an unknown verb. What succeeded is undone where it can be. See trial.c for the verbs. */
int martlet_try(const char *verb, const char *argument);

#endif
