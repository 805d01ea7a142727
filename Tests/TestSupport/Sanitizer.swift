import Foundation

/// Whether this process was built with AddressSanitizer or ThreadSanitizer, as by Tests/sanitize.
package let isSanitized = dlsym(nil, "__asan_init") != nil || dlsym(nil, "__tsan_init") != nil
