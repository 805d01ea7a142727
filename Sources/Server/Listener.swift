/// A socket and the workers that answer its requests, and nobody else's.
package struct Listener: Sendable {
  /// Shown in the log, handed to the handler, and the beginning of its threads' names.
  package let name: String
  /// Where nginx connects (`fastcgi_pass unix:…`).
  package let path: String
  /// How many requests may be under way at once; each is a thread.
  package let workers: Int
  /// How long after its arrival a request has to be answered.
  package let deadline: Duration
  /// The largest body, in bytes; a larger one is answered with 413.
  package let maximumBody: Int

  package init(
    name: String, path: String, workers: Int, deadline: Duration, maximumBody: Int = 65_536
  ) {
    precondition(workers > 0, "A listener without workers leaves everybody waiting.")
    self.name = name
    self.path = path
    self.workers = workers
    self.deadline = deadline
    self.maximumBody = maximumBody
  }
}
