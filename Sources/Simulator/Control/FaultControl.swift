import Server

/// Faults, ordered and taken back.
extension Control {
  /// `{"endpoint","fault","count"?,"out_trade_no"?,"out_refund_no"?,"milliseconds"?,"probability"?,
  /// "seed"?,"code"?}`; `count` 0 strikes until cleared.
  func addFault(_ request: ControlRequest) throws -> JSON {
    guard let endpoint = Endpoint(rawValue: try request.text("endpoint")) else {
      throw ControlRefusal.missing("endpoint")
    }
    guard let kind = Fault.Kind(rawValue: try request.text("fault")) else {
      throw ControlRefusal.missing("fault")
    }
    guard kind.isPossible(at: endpoint) else {
      throw ControlRefusal(
        409, "IMPOSSIBLE", "\(kind.rawValue) cannot happen at \(endpoint.rawValue).")
    }
    let count = try request.integer("count", 1)
    let fault = Fault(
      endpoint: endpoint, kind: kind, outTradeNo: request.body["out_trade_no"]?.string,
      outRefundNo: request.body["out_refund_no"]?.string,
      remaining: count == 0 ? nil : Int(count),
      milliseconds: Int(try request.integer("milliseconds", 0)),
      chance: try chance(request),
      code: request.body["code"]?.string ?? "SYSTEMERROR")
    faults.add(fault)
    return Self.json(of: fault)
  }

  private func chance(_ request: ControlRequest) throws(ControlRefusal) -> Chance {
    let seed = try request.integer("seed", -1)
    return Chance(
      probability: try probability(request), seed: seed < 0 ? nil : UInt64(seed))
  }

  private func probability(_ request: ControlRequest) throws(ControlRefusal) -> Double {
    switch request.body["probability"] {
    case nil, .null: return 1
    case .number(let text):
      guard let number = Double(text), (0...1).contains(number) else {
        throw .missing("probability")
      }
      return number
    default: throw .missing("probability")
    }
  }

  func clearFaults(_ request: ControlRequest) throws -> JSON {
    faults.clear()
    return ["faults": []]
  }

  func listFaults(_ request: ControlRequest) throws -> JSON {
    ["faults": .array(faults.all.map(Self.json))]
  }

  private static func json(of fault: Fault) -> JSON {
    [
      "endpoint": .string(fault.endpoint.rawValue), "fault": .string(fault.kind.rawValue),
      "out_trade_no": JSON(fault.outTradeNo), "out_refund_no": JSON(fault.outRefundNo),
      "count": JSON(Int64(fault.remaining ?? 0)), "milliseconds": JSON(Int64(fault.milliseconds)),
      "probability": .number(String(fault.chance.probability)),
      "seed": JSON(fault.chance.seed.map { Int64(clamping: $0) }), "code": .string(fault.code),
    ]
  }
}
