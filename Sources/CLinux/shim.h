#pragma once
#include <errno.h>
#include <features.h>
#include <stdio.h>
#include <sys/prctl.h>

// Declared by glibc for GNU sources only; Swift reads the headers as POSIX sources.
#if defined(__GLIBC__) && __GLIBC_PREREQ(2, 34)
int posix_spawn_file_actions_addclosefrom_np(void *actions, int first);
#endif

/// The child does not get our descriptors from `first` on; ENOSYS where the system's library is too
/// old for it.
static inline int weixinpay_close_from(void *actions, int first) {
#if defined(__GLIBC__) && __GLIBC_PREREQ(2, 34)
  return posix_spawn_file_actions_addclosefrom_np(actions, first);
#else
  return ENOSYS;
#endif
}

/// prctl(2) takes a varying number of arguments, which Swift cannot pass.
static inline int weixinpay_set_dumpable(int value) {
  return prctl(PR_SET_DUMPABLE, value, 0, 0, 0);
}

static inline int weixinpay_dumpable(void) { return prctl(PR_GET_DUMPABLE, 0, 0, 0, 0); }

/// Names the calling thread; the system cuts the name at 15 bytes.
static inline void weixinpay_name_thread(const char *name) { prctl(PR_SET_NAME, name, 0, 0, 0); }

/// Sends what the standard output stream still holds. Not 0 when that or an earlier write failed.
static inline int weixinpay_finish_output(void) { return fflush(stdout) != 0 || ferror(stdout); }
