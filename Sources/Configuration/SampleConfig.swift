/// A complete configuration file with every key, its default and its sentence.
///
/// Valid as soon as the secret files that it names exist.
package func sampleConfig() -> String {
  var sample = SampleConfig()
  for setting in Setting<RawSettings>.table { sample.add(setting, below: []) }
  for setting in Setting<RawMerchant>.table { sample.add(setting, below: ["merchants", "main"]) }
  return sample.text
}

private struct SampleConfig {
  private(set) var text = """
    # Settings of the WeChat Pay gateway. Relative paths are relative to this file.
    # A key that is left out has the value shown here; those of a merchant must be given.
    # After a change: weixinpay check --config FILE

    """
  /// The mappings that the last line stands in.
  private var open: [String] = []

  mutating func add<Target>(_ setting: Setting<Target>, below parents: [String]) {
    let parts = parents + setting.path.split(separator: ".").map(String.init)
    enter(Array(parts.dropLast()))
    comment(setting.sentence)
    switch setting.preset {
    case .value(let value): line("\(setting.name): \(value)")
    case .required(let example): line("\(setting.name): \(example)")
    case .absent(let example): line("# \(setting.name): \(example)")
    }
  }

  private mutating func enter(_ groups: [String]) {
    let common = zip(open, groups).prefix { $0 == $1 }.count
    if common < groups.count || groups.isEmpty { text += "\n" }
    open.removeSubrange(common...)
    for group in groups[common...] {
      let path = KnownKeys.pattern((open + [group]).joined(separator: "."))
      if let sentence = settingGroups.first(where: { $0.path == path })?.sentence {
        comment(sentence)
      }
      line("\(group):")
      open.append(group)
    }
  }

  /// Breaks a sentence into lines of at most 90 columns.
  private mutating func comment(_ sentence: String) {
    var words = "#"
    for word in sentence.split(separator: " ") {
      if words.count + word.count + 2 * open.count > 88 {
        line(words)
        words = "#"
      }
      words += " \(word)"
    }
    line(words)
  }

  private mutating func line(_ words: String) {
    text += String(repeating: "  ", count: open.count) + words + "\n"
  }
}
