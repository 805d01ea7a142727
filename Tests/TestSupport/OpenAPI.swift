import Foundation
import Yams

/// `Sources/Documentation/openapi.yaml`: what programs are promised.
package struct OpenAPI {
  private let root: Node

  package init() throws {
    let text = try String(
      contentsOfFile: sourceFile("Sources/Documentation/openapi.yaml"), encoding: .utf8)
    guard let root = try Yams.compose(yaml: text) else { throw TestSupportError("it is empty") }
    self.root = root
  }

  /// An operation: method and address, parameters written as `*`.
  package struct Operation: Hashable, CustomStringConvertible {
    package let method: String
    package let address: String
    package init(_ method: String, _ address: String) {
      self.method = method
      self.address = address
    }
    package var description: String { "\(method) \(address)" }
  }

  package var operations: [Operation] {
    (root["paths"]?.mapping ?? [:]).flatMap { path, item in
      (item.mapping?.keys.compactMap(\.string) ?? []).filter { $0 != "parameters" }.map {
        Operation($0.uppercased(), Self.pattern(path.string ?? ""))
      }
    }
  }

  package var webhooks: [String] { root["webhooks"]?.mapping?.keys.compactMap(\.string) ?? [] }

  /// The words that a schema lists.
  package func words(of schema: String) -> [String] {
    root["components"]?["schemas"]?[schema]?["enum"]?.sequence?.compactMap(\.string) ?? []
  }

  package func query(of operation: Operation) -> [String] {
    let parameters = node(of: operation)?["parameters"]?.sequence?.map(resolved) ?? []
    return parameters.filter { $0["in"]?.string == "query" }.compactMap { $0["name"]?.string }
  }

  /// What is said about an operation.
  package func text(of operation: Operation) -> String {
    node(of: operation)?["description"]?.string ?? ""
  }

  package func takesJSON(_ operation: Operation) -> Bool {
    node(of: operation)?["requestBody"].map(resolved)?["content"]?["application/json"] != nil
  }

  /// The references that lead nowhere.
  package var brokenReferences: [String] { references(in: root).filter { target($0) == nil } }

  /// What an answer holds that is not promised, and what it lacks.
  ///
  /// - Parameter path: the request's, below the site's `/wxpay`, with or without its query.
  package func faults(
    in answer: String, to method: String, _ path: String, status: Int
  ) throws -> [String] {
    let path = String(path.prefix { $0 != "?" })
    let operation = Operation(method, path)
    guard let found = operations.first(where: { Self.matches(operation, $0) }),
      let responses = node(of: found)?["responses"],
      let response = (responses.member("\(status)") ?? responses.member("default")).map(resolved)
    else { return ["\(method) \(path): nothing is said about \(status)"] }
    guard let schema = response["content"]?["application/json"]?["schema"] else {
      return ["\(found): no JSON is promised for \(status)"]
    }
    guard let value = try Yams.compose(yaml: answer) else { return ["\(found): no answer"] }
    return faults(in: value, against: schema, at: "\(found) \(status)")
  }

  // MARK: looking up

  private static func pattern(_ path: String) -> String {
    path.split(separator: "/").map { $0.hasPrefix("{") ? "*" : String($0) }
      .reduce("") { "\($0)/\($1)" }
  }

  private static func matches(_ request: Operation, _ operation: Operation) -> Bool {
    let (parts, pattern) = (
      request.address.split(separator: "/"), operation.address.split(separator: "/")
    )
    return request.method == operation.method && parts.count == pattern.count
      && zip(parts, pattern).allSatisfy { $1 == "*" || $0 == $1 }
  }

  private func node(of operation: Operation) -> Node? {
    root["paths"]?.mapping?.first { Self.pattern($0.key.string ?? "") == operation.address }?
      .value[operation.method.lowercased()]
  }

  private func resolved(_ node: Node) -> Node {
    node["$ref"]?.string.flatMap(target).map(resolved) ?? node
  }

  private func target(_ reference: String) -> Node? {
    reference.split(separator: "/").dropFirst().reduce(root) { $0?[String($1)] }
  }

  private func references(in node: Node) -> [String] {
    if let mapping = node.mapping {
      return mapping.flatMap { key, value in
        key.string == "$ref" ? [value.string ?? ""] : references(in: value)
      }
    }
    return node.sequence?.flatMap(references) ?? []
  }

  // MARK: comparing

  private func faults(in value: Node, against schema: Node, at place: String) -> [String] {
    let schema = resolved(schema)
    if let choices = schema["anyOf"]?.sequence {
      let found = choices.map { faults(in: value, against: $0, at: place) }
      return found.contains([]) ? [] : found.first ?? []
    }
    if let words = schema["enum"]?.sequence, !words.contains(where: { $0.string == value.text }) {
      return ["\(place): \(value.text ?? value.kind) is none of the words"]
    }
    if let kinds = schema["type"] {
      let kinds = kinds.sequence?.compactMap(\.string) ?? [kinds.string ?? ""]
      guard kinds.contains(value.kind) else {
        return ["\(place): expected \(kinds), got \(value.kind)"]
      }
    }
    if let entries = value.sequence, let items = schema["items"] {
      return entries.flatMap { faults(in: $0, against: items, at: "\(place)[]") }
    }
    guard let members = value.mapping, let properties = schema["properties"] else {
      return []
    }
    let required = schema["required"]?.sequence?.compactMap(\.string) ?? []
    let missing = required.filter { value.member($0) == nil }.map { "\(place).\($0) is missing" }
    return missing
      + members.flatMap { key, value in
        let name = key.string ?? ""
        guard let property = properties.member(name) else {
          return ["\(place).\(name) is not promised"]
        }
        return faults(in: value, against: property, at: "\(place).\(name)")
      }
  }
}

extension Node {
  /// The value of a key, quoted or not: to Yams, `200` and `"200"` are different keys.
  fileprivate func member(_ name: String) -> Node? {
    mapping?.first { $0.key.text == name }?.value
  }

  /// A scalar as it is written.
  fileprivate var text: String? { scalar?.string }

  /// JSON Schema's word for what it is; JSON's own texts are quoted.
  fileprivate var kind: String {
    guard let scalar else { return mapping == nil ? "array" : "object" }
    guard scalar.style == .plain else { return "string" }
    return switch scalar.string {
    case "null": "null"
    case "true", "false": "boolean"
    default: "integer"
    }
  }
}
