import Server

/// A control request: its JSON body, an empty object when there is none, and its query.
struct ControlRequest: Sendable {
  let body: JSON
  let query: Query

  init(_ request: Request) throws(ControlRefusal) {
    query = Query(request.query)
    guard !request.body.isEmpty else {
      body = [:]
      return
    }
    do throws(JSONRefusal) {
      body = try JSON(parsing: request.body)
    } catch {
      throw ControlRefusal(400, "MALFORMED", error.description)
    }
  }

  /// A text that has to be there.
  func text(_ member: String) throws(ControlRefusal) -> String {
    guard let text = body[member]?.string else { throw .missing(member) }
    return text
  }

  /// A text that may be absent or null.
  func optionalText(_ member: String) throws(ControlRefusal) -> String? {
    guard let value = body[member], !value.isNull else { return nil }
    guard let text = value.string else { throw .missing(member) }
    return text
  }

  /// An integer, at least `minimum`; `fallback` when it is absent.
  func integer(_ member: String, _ fallback: Int64, minimum: Int64 = 0) throws(ControlRefusal)
    -> Int64
  {
    guard let value = body[member], !value.isNull else { return fallback }
    guard let integer = value.integer, integer >= minimum else { throw .missing(member) }
    return integer
  }
}
