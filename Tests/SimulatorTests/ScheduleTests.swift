import Testing

@testable import Simulator

@Suite struct ScheduleTests {
  private func order(attempts: Int, acknowledged: Bool = false, announced: Bool = true) -> Order {
    var order = Order(
      outTradeNo: "ORDER-1", parameters: [], signType: .md5, createdAt: 0, expiresAt: 1)
    order.payment = Payment(
      transactionID: "4200", openID: "o", paidAt: 1_000_000, coupons: [], isAnnounced: announced)
    order.attempts = (0..<attempts).map { index in
      NotificationAttempt(
        at: 2_000_000, number: index + 1, status: 200, reply: "",
        isAcknowledged: acknowledged && index == attempts - 1)
    }
    return order
  }

  @Test func `retries follow the manual's list`() {
    let minute: Int64 = 60
    let hour = 60 * minute
    #expect(
      Schedule.retrySeconds == [
        15, 15, 30, 3 * minute, 10 * minute, 20 * minute, 30 * minute, 30 * minute, 30 * minute,
        60 * minute, 3 * hour, 3 * hour, 3 * hour, 6 * hour, 6 * hour,
      ])
    #expect(Schedule.retrySeconds.reduce(0, +) == 24 * hour + 4 * minute)
  }

  @Test func `the first delivery is at once, the sixteenth the last`() {
    #expect(Schedule.nextDelivery(of: order(attempts: 0), speed: 1) == 1_000_000)
    for (index, seconds) in Schedule.retrySeconds.enumerated() {
      let next = Schedule.nextDelivery(of: order(attempts: index + 1), speed: 1)
      #expect(next == 2_000_000 + seconds * 1_000_000)
    }
    #expect(Schedule.nextDelivery(of: order(attempts: 16), speed: 1) == nil)
  }

  @Test func `time can run faster`() {
    #expect(Schedule.nextDelivery(of: order(attempts: 1), speed: 1000) == 2_015_000)
    #expect(Schedule.nextDelivery(of: order(attempts: 15), speed: 1000) == 23_600_000)
  }

  @Test func `nothing is sent that was acknowledged, lost or never paid`() {
    #expect(Schedule.nextDelivery(of: order(attempts: 3, acknowledged: true), speed: 1) == nil)
    #expect(Schedule.nextDelivery(of: order(attempts: 0, announced: false), speed: 1) == nil)
    var unpaid = order(attempts: 0)
    unpaid.payment = nil
    #expect(Schedule.nextDelivery(of: unpaid, speed: 1) == nil)
  }

  @Test func `the end of a refund is told once per state, wherever there is somebody to tell`() {
    var refund = Refund(
      outRefundNo: "R-1", refundID: "503", outTradeNo: "ORDER-1", transactionID: "4200", fee: 1,
      totalFee: 2, source: .api, parameters: [], notifyURL: "https://127.0.0.1/", acceptedAt: 0,
      ending: nil)
    #expect(Schedule.nextDelivery(of: refund, speed: 1) == nil)
    refund.status = .change
    refund.finishedAt = 1_000_000
    #expect(Schedule.nextDelivery(of: refund, speed: 1) == 1_000_000)
    let refused = NotificationAttempt(
      at: 2_000_000, number: 1, status: 200, reply: "", isAcknowledged: false)
    refund.announcements = [Refund.Announcement(status: .change, attempt: refused)]
    #expect(Schedule.nextDelivery(of: refund, speed: 1) == 17_000_000)
    refund.announcements.append(
      Refund.Announcement(
        status: .change,
        attempt: NotificationAttempt(
          at: 17_000_000, number: 2, status: 200, reply: "", isAcknowledged: true)))
    #expect(Schedule.nextDelivery(of: refund, speed: 1) == nil)
    refund.status = .success
    refund.finishedAt = 20_000_000
    #expect(Schedule.nextDelivery(of: refund, speed: 1) == 20_000_000)
    refund.isSilenced = true
    #expect(Schedule.nextDelivery(of: refund, speed: 1) == nil)
  }

  @Test func `the timetable gives the earliest first, and nothing early`() {
    var timetable = Timetable()
    let times: [Int64] = [5, 3, 9, 1, 1, 7, 2, 8, 6, 4].shuffled()
    for at in times { timetable.add(Timetable.Entry(at: at, duty: .settlement)) }
    #expect(timetable.earliest == 1)
    #expect(timetable.takeDue(at: 0) == nil)
    var taken: [Int64] = []
    while let entry = timetable.takeDue(at: 7) { taken.append(entry.at) }
    #expect(taken == times.sorted().filter { $0 <= 7 })
    #expect(timetable.earliest == 8)
  }
}
