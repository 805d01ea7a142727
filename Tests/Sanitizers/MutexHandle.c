// Tells ThreadSanitizer what Swift's Mutex does where it cannot look.
//
// The fast ways of `Synchronization.Mutex` are inlined into our code, and ThreadSanitizer sees their
// atomic operations. A contended lock, however, changes hands in libswiftSynchronization.so, which is
// not instrumented, and in the kernel (FUTEX_LOCK_PI): without this file everything that a contended
// Mutex protects is reported as a race. A suppression would hide the real races of the same lines.
//
// Tests/sanitize links this into the programs it builds, in front of the library's own functions.
// Source: stdlib/public/Synchronization/Mutex/LinuxImpl.swift in Swift's repository.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>

#define LOCK_SLOW "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define UNLOCK_SLOW "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"
#define SWIFT __attribute__((swiftcall))
#define SELF __attribute__((swift_context)) void *self

// The fast ways use the same address, so that both find each other's clock.
void __tsan_acquire(void *address);
void __tsan_release(void *address);

SWIFT void lockSlow(uint32_t thread, SELF) __asm__(LOCK_SLOW);
SWIFT void unlockSlow(SELF) __asm__(UNLOCK_SLOW);

SWIFT void lockSlow(uint32_t thread, SELF) {
  SWIFT void (*real)(uint32_t, SELF) = dlsym(RTLD_NEXT, LOCK_SLOW);
  real(thread, self);
  __tsan_acquire(self);
}

SWIFT void unlockSlow(SELF) {
  SWIFT void (*real)(SELF) = dlsym(RTLD_NEXT, UNLOCK_SLOW);
  __tsan_release(self);
  real(self);
}
