import LibFuzzer
import WeChatPay

/// Reads bytes that libFuzzer makes up with every reader of WeChat's bytes. No input may end the
/// process, and what was read is the same after it was written and read again.
@main struct FlatXMLFuzz {
  static func main() { fuzz { read($0) } }

  private static func read(_ bytes: [UInt8]) {
    if let fields = try? FlatXML.read(bytes) {
      guard let again = try? FlatXML.read(FlatXML.write(fields)), again == fields else {
        fatalError("Written and read again it is another message.")
      }
    }
    if let received = try? ReceivedNotification(bytes) {
      guard (try? received.verified(with: merchant)) == nil else {
        fatalError("A notification verifies that nobody signed.")
      }
    }
    if let refund = try? RefundNotification(bytes) { _ = try? refund.decrypted(with: key) }
    _ = try? Bill(bytes)
  }
}
