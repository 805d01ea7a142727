import Foundation
import FoundationXML

/// Reads a document with FoundationXML, that is with libxml2.
final class OtherReader: NSObject, XMLParserDelegate {
  private var fields: [(String, String)] = []
  private var depth = 0

  static func read(_ document: [UInt8]) throws -> [(String, String)] {
    let reader = OtherReader()
    let parser = XMLParser(data: Data(document))
    parser.delegate = reader
    guard parser.parse() else {
      throw Disagreement("FoundationXML refuses it: \(String(describing: parser.parserError))")
    }
    return reader.fields
  }

  func parser(
    _ parser: XMLParser, didStartElement name: String, namespaceURI: String?,
    qualifiedName: String?, attributes: [String: String] = [:]
  ) {
    depth += 1
    if depth == 2 { fields.append((name, "")) }
  }

  func parser(
    _ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?
  ) {
    depth -= 1
  }

  func parser(_ parser: XMLParser, foundCharacters text: String) { append(text) }

  /// libxml2's parser for documents that come in pieces, which Foundation uses, forgets here what
  /// XML 1.0 demands everywhere: CR LF and CR become LF. Its other parser does it.
  func parser(_ parser: XMLParser, foundCDATA block: Data) {
    // In bytes: of CR CR LF, text would make one character anew.
    let unified = Array(block).replacing([13, 10], with: [10]).replacing([13], with: [10])
    append(String(decoding: unified, as: UTF8.self))
  }

  private func append(_ text: String) {
    if depth == 2 { fields[fields.count - 1].1 += text }
  }
}
