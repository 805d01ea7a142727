import Synchronization

/// Where the certificate authorities to trust are found, and what was read there: one store for all
/// sessions of the same options.
///
/// libcurl would read them anew for every session. The system's 147 cost 0.8 MiB and 27 ms of
/// computing each time, so that a thousand buyers who pay at one moment would time out.
final class Authorities: Sendable {
  private let file: String?
  private let latest = Mutex<Reading?>(nil)

  private struct Reading {
    let store: TrustStore
    let at: ContinuousClock.Instant
  }

  /// Like libcurl's own cache (`CURLOPT_CA_CACHE_TIMEOUT`): an authority that the system no longer
  /// trusts is not trusted here for longer.
  private static let life: Duration = .seconds(24 * 3600)

  init(file: String?) { self.file = file }

  /// - Parameter system: the system's file and folder, for when no file was named.
  func store(
    orSystem system: (file: String?, folder: String?)
  ) throws(CurlError) -> TrustStore {
    try latest.withLock { latest throws(CurlError) in
      if let latest, ContinuousClock.now - latest.at < Self.life { return latest.store }
      // A file *replaces* the system's, its folder included.
      let (file, folder) = file.map { ($0, nil) } ?? system
      let store = try TrustStore(file: file, folder: folder)
      latest = Reading(store: store, at: .now)
      return store
    }
  }
}
