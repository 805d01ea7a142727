import Configuration
import TestSupport

extension SettingsFixture {
  /// Reads a configuration with this text.
  func read(_ text: String) throws(SettingsFaults) -> Settings {
    let file = folder.file("weixinpay.yaml")
    do {
      try write(text, to: "weixinpay.yaml", mode: 0o640)
    } catch {
      preconditionFailure("\(error)")
    }
    return try Settings.read(file: file)
  }

  func faults(_ text: String) -> [Fault] {
    do {
      _ = try read(text)
      return []
    } catch {
      return error.faults
    }
  }
}
