import ArgumentParser
import Configuration
import Gateway
import Linux
import MariaDB
import Payments
import Store
import WeChatPay

extension Settings {
  /// The merchant of this name; the only one when none is named.
  func merchant(named name: String?) throws -> MerchantName {
    let names = merchants.map(\.name)
    if let name {
      guard let merchant = names.first(where: { $0.text == name }) else {
        throw ValidationError("No merchant \(name); there are: \(list(names)).")
      }
      return merchant
    }
    guard let only = names.first, names.count == 1 else {
      throw ValidationError("Which merchant? Give --merchant with one of: \(list(names)).")
    }
    return only
  }

  private func list(_ names: [MerchantName]) -> String {
    names.map(\.text).joined(separator: ", ")
  }

  /// The database as a single command needs it.
  func openDatabase() -> Database { Database(database.service, connections: 1) }
}

extension Act {
  /// What a person does by hand on this machine.
  ///
  /// - Parameter person: who it is; else the one who called sudo or has logged in.
  static func ofOperator(_ person: String? = nil, patience: Duration = .seconds(10)) -> Act {
    Act(
      actor: "operator:\((person ?? personName()).prefix(48))", requestID: nil,
      now: BeijingTime(microseconds: microsecondsSince1970()),
      deadline: .now + patience)
  }

  /// The same act, beginning now.
  func again(patience: Duration = .seconds(25)) -> Act {
    Act(
      actor: actor, requestID: requestID,
      now: BeijingTime(microseconds: microsecondsSince1970()), deadline: .now + patience)
  }
}
