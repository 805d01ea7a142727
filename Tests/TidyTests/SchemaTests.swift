import Testing

@Suite struct SchemaTests {
  private func migrations() throws -> [Repository.File] {
    try Repository.files(in: "sql", endings: ["sql"])
  }

  @Test func `every migration is listed, in order and without gaps`() throws {
    let list = try Repository.text("Sources/Store/Migration.swift")
    let names = try migrations().map { $0.path.dropFirst("sql/".count).dropLast(".sql".count) }
    #expect(!names.isEmpty)
    let listed = list.matches(of: /\("([0-9]{3}-[a-z-]+)", PackageResources\./).map(\.1)
    #expect(listed == names)
    for (index, name) in names.enumerated() {
      #expect(Int(name.prefix(3)) == index + 1)
    }
  }

  /// The lines of column definitions, each with the line that follows it.
  private func columns() throws -> [(file: String, text: String)] {
    try migrations().flatMap { file in
      let lines = file.lines.map { String($0.text) }
      return lines.indices.filter { index in
        lines[index].contains(
          /^  [a-z_]+ +(?:VARCHAR|CHAR|BIGINT|INT|TINYINT|TEXT|BLOB|BINARY)\b/)
      }.map { (file.path, lines[$0...].prefix(2).joined(separator: " ")) }
    }
  }

  @Test func `every column says its meaning, in Chinese too`() throws {
    let columns = try columns()
    #expect(columns.count > 50)
    for column in columns {
      #expect(column.text.contains(/COMMENT '.*\p{Han}.*'/), "\(column.file): \(column.text)")
    }
  }

  @Test func `text is compared as bytes`() throws {
    for column in try columns() where column.text.contains(/(?:VARCHAR|\bCHAR|TEXT)/) {
      #expect(
        column.text.contains("COLLATE ascii_nopad_bin") || column.text.contains("utf8mb4_bin"),
        "\(column.file): \(column.text)")
    }
  }

  @Test func `every table is InnoDB with a primary key`() throws {
    for file in try migrations() {
      let tables = file.text.matches(of: /CREATE TABLE/).count
      #expect(file.text.matches(of: /ENGINE = InnoDB/).count == tables, "\(file)")
      #expect(file.text.matches(of: /PRIMARY KEY/).count == tables, "\(file)")
    }
  }
}
