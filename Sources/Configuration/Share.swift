extension Settings {
  /// What one of the processes has of all workers and connections, so that the numbers in the file
  /// are those of the machine, however many processes there are.
  package var shareOfOneProcess: Settings {
    var share = self
    share.listen.api.workers = shareOfOneProcess(of: listen.api.workers)
    share.listen.notify.workers = shareOfOneProcess(of: listen.notify.workers)
    share.listen.merchant.workers = shareOfOneProcess(of: listen.merchant.workers)
    share.database.connections = shareOfOneProcess(of: database.connections)
    return share
  }

  /// Rounded up, for each process needs one.
  package func shareOfOneProcess(of number: Int) -> Int { (number + processes - 1) / processes }

  /// Few: each is mostly waiting for WeChat, which wants to be asked slowly.
  package static let dutyWorkers = 4
}
