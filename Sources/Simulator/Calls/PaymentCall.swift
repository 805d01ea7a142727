/// One call of the payment interface: its fields, and how it is decided.
///
/// A further call is a further row of `Simulator`'s table.
struct PaymentCall: Sendable {
  /// What a call leads to: an answer and what the ledger records.
  struct Decision: Sendable {
    let result: Result
    let events: [LedgerEvent]

    /// - Parameter fields: what follows the common fields in the answer.
    static func accept(_ fields: [Field], _ events: [LedgerEvent]) -> Decision {
      Decision(result: .accepted(fields), events: events)
    }
    static func refuse(_ refusal: Refusal, _ events: [LedgerEvent] = []) -> Decision {
      Decision(result: .refused(refusal), events: events)
    }
    static func fail(_ failure: CommunicationFailure) -> Decision {
      Decision(result: .failed(failure), events: [])
    }
  }

  enum Result: Sendable {
    case accepted([Field])
    case refused(Refusal)
    case failed(CommunicationFailure)
  }

  let endpoint: Endpoint
  let rules: [FieldRule]
  /// What is recorded of every readable request when it arrives, before it is judged.
  var arrival: (@Sendable (Message, Settings, Ledger) -> [LedgerEvent])?
  let decide: @Sendable (VerifiedRequest, Settings, Ledger, _ now: Int64) -> Decision
}

/// A request of the merchant whose signature is right.
struct VerifiedRequest: Sendable {
  let message: Message
  let signType: SignType
}
