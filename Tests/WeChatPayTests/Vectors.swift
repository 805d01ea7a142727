import Foundation
import Testing

/// The published test vectors of APIv2: `vectors-v2.json` beside this file.
struct Vectors: Decodable {
  let sign: [Signed]
  let requestPaymentResign: [Resigned]
  let paymentNotifications: [Notification]
  let refundReqInfo: [Encrypted]
  let unverifiableXmlSamples: [Sample]
  let mustRefuseOrSpecial: [Sample]
  let bills: [BillText]
  let jscode2sessionShapes: [SessionAnswer]
  let notifyReplies: Replies
  let yuanToFen: [Money]
  let numberCharacterRules: NumberRules

  static let bytes = try! Data(
    contentsOf: URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("vectors-v2.json"))
  static let file: Vectors = {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try! decoder.decode(Vectors.self, from: bytes)
  }()

  struct Signed: Decodable, Identified {
    let id, key, stringToSign: String
    let params: [String: String]
    let md5, hmacSha256, xml: String?
  }

  struct Resigned: Decodable, Identified {
    let id, key, stringToSign: String
    let params: [String: String]
    let paySign, sign: String?
  }

  struct Notification: Decodable, Identified {
    let id, key, xml: String
    let signValid: Bool
  }

  struct Encrypted: Decodable, Identified {
    let id, aesKeyAscii: String
    let key, reqInfo, plaintext, base64, notifyXml: String?
  }

  struct Sample: Decodable, Identified {
    let id, xml: String
  }

  struct BillText: Decodable, Identified {
    let id, text: String
    let startsWithBom: Bool?
    let expect: Expectation
    struct Expectation: Decodable {
      let columns, detailRows, orderAmountFen, refundFen: Int?
      let firstRow, row, summary: [String]?
      let failure: Bool?
    }
  }

  struct SessionAnswer: Decodable, Identified {
    let id, body: String
    let expect: Expectation
    struct Expectation: Decodable {
      let ok: Bool
      let openid: String?
      let errcode: Int?
    }
  }

  struct Replies: Decodable { let success, fail: String }
  struct Money: Decodable, Sendable {
    let yuan: String
    let fen: Int64?
  }
  struct NumberRules: Decodable { let cases: [Number] }
  struct Number: Decodable, Sendable {
    let value: String
    let outTradeNo, outRefundNo: Bool
  }
}

/// A vector with a number, which names its test case.
protocol Identified: Sendable, CustomTestStringConvertible {
  var id: String { get }
}

extension Identified {
  var testDescription: String { id }
}
