// swift-tools-version: 6.2
import PackageDescription

/// Every target: imports are internal unless said otherwise, and unsafe code must say so.
let common: [SwiftSetting] = [
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .strictMemorySafety(),
  .treatWarning("StrictMemorySafety", as: .error),
]

/// The gateway's own targets: crash points exist in debug builds only, so that no shipped binary
/// contains them.
let withCrashPoints = common + [.define("CRASH_POINTS", .when(configuration: .debug))]

let tests: [SwiftSetting] = [.enableUpcomingFeature("MemberImportVisibility")]

let argumentParser = Target.Dependency.product(
  name: "ArgumentParser", package: "swift-argument-parser")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")

let package = Package(
  name: "weixinpay",
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
  ],
  targets: [
    // C modules: headers of Debian's libraries, and shims for what Swift cannot call.
    .systemLibrary(name: "CLinux"),
    .systemLibrary(name: "CFastCGI", pkgConfig: "fcgi", providers: [.apt(["libfcgi-dev"])]),
    .systemLibrary(
      name: "CMariaDB", pkgConfig: "libmariadb", providers: [.apt(["libmariadb-dev"])]),
    .systemLibrary(
      name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
    .systemLibrary(name: "COpenSSL", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),

    // Wrappers: the only targets that touch C.
    .target(name: "Linux", dependencies: ["CLinux"], swiftSettings: withCrashPoints),
    .target(name: "FastCGI", dependencies: ["CFastCGI", "Linux"], swiftSettings: common),
    .target(name: "MariaDB", dependencies: ["CMariaDB", "Pooling"], swiftSettings: common),
    .target(
      name: "Curl", dependencies: ["CCurl", "COpenSSL", "Linux", "Pooling"], swiftSettings: common,
      linkerSettings: [.linkedLibrary("ssl")]),
    .target(
      name: "OpenSSL", dependencies: ["COpenSSL"], swiftSettings: common,
      linkerSettings: [.linkedLibrary("ssl")]),
    .target(name: "Pooling", swiftSettings: common),
    // What a person can see of a text: for what is taken in, and for what is shown.
    .target(name: "Text", swiftSettings: common),

    // What both programs stand on.
    .target(
      name: "Server", dependencies: ["FastCGI", "Linux", "Text", logging], swiftSettings: common),

    // Domain, protocol, data.
    .target(name: "Payments", dependencies: ["Text"], swiftSettings: common),
    .target(
      name: "WeChatPay", dependencies: ["Payments", "Curl", "Linux", "OpenSSL", "Pooling"],
      swiftSettings: common),
    .target(
      name: "Store", dependencies: ["Payments", "MariaDB", "OpenSSL", "Linux"],
      resources: [.embedInCode("sql")],
      swiftSettings: withCrashPoints),

    // Settings: what weixinpay.yaml says, checked.
    .target(
      name: "Configuration",
      dependencies: [
        "WeChatPay", "Payments", "MariaDB", "OpenSSL", "Server", "Linux", "Text", yams,
      ], swiftSettings: common),

    // Use cases: what is done with orders, payments and refunds, whoever asks for it.
    .target(
      name: "Checkout",
      dependencies: [
        "Store", "WeChatPay", "Payments", "Curl", "MariaDB", "OpenSSL", "Pooling", "Linux", logging,
      ], swiftSettings: withCrashPoints),

    // Who tells the shops what happened.
    .target(
      name: "Outbox",
      dependencies: [
        "Checkout", "Configuration", "Store", "WeChatPay", "Payments", "Server", "Curl", "MariaDB",
        "OpenSSL", "Pooling", "Linux", logging,
      ], swiftSettings: withCrashPoints),

    // Programs.
    .target(
      name: "Gateway",
      dependencies: [
        "Checkout", "Outbox", "Configuration", "Store", "WeChatPay", "Payments", "Server", "Curl",
        "MariaDB", "OpenSSL", "Pooling",
        "FastCGI", "Linux", "Text", logging,
      ], swiftSettings: withCrashPoints),
    .target(
      name: "Simulator", dependencies: ["Server", "Curl", "OpenSSL", "Linux", logging],
      exclude: ["README.md"], swiftSettings: common),
    .executableTarget(
      name: "weixinpay",
      dependencies: [
        "Gateway", "Checkout", "Configuration", "Outbox", "Store", "Payments", "WeChatPay",
        "MariaDB", "Pooling", "Server", "Linux", "Text", argumentParser,
      ], swiftSettings: common),
    .executableTarget(
      name: "wechat-simulator",
      dependencies: ["Simulator", "Server", "Linux", logging, argumentParser],
      swiftSettings: common),

    // Tests.
    .target(
      name: "TestSupport", dependencies: ["MariaDB", yams], path: "Tests/TestSupport",
      swiftSettings: tests),
    .testTarget(name: "TextTests", dependencies: ["Text"], swiftSettings: tests),
    .testTarget(name: "LinuxTests", dependencies: ["Linux"], swiftSettings: tests),
    .testTarget(
      name: "FastCGITests", dependencies: ["FastCGI", "TestSupport"], swiftSettings: tests),
    .testTarget(
      name: "MariaDBTests", dependencies: ["MariaDB", "Pooling", "TestSupport"],
      swiftSettings: tests),
    .testTarget(
      name: "CurlTests", dependencies: ["Curl", "Pooling", "COpenSSL", "TestSupport"],
      swiftSettings: tests, linkerSettings: [.linkedLibrary("ssl")]),
    .testTarget(
      name: "OpenSSLTests", dependencies: ["OpenSSL", "TestSupport"], swiftSettings: tests),
    .testTarget(
      name: "PoolingTests", dependencies: ["Pooling", "TestSupport"], swiftSettings: tests),
    .testTarget(
      name: "ServerTests", dependencies: ["Server", "FastCGI", "Linux", "TestSupport", logging],
      swiftSettings: tests),
    .testTarget(name: "PaymentsTests", dependencies: ["Payments"], swiftSettings: tests),
    .testTarget(
      name: "WeChatPayTests", dependencies: ["WeChatPay", "OpenSSL", "Payments", "TestSupport"],
      exclude: ["vectors-v2.json"], swiftSettings: tests),
    .testTarget(
      name: "StoreTests", dependencies: ["Store", "MariaDB", "Payments", "TestSupport"],
      swiftSettings: tests),
    .testTarget(
      name: "ConfigurationTests",
      dependencies: [
        "Configuration", "MariaDB", "Payments", "Server", "Store", "WeChatPay", "TestSupport",
      ], swiftSettings: tests),
    .testTarget(
      name: "CheckoutTests",
      dependencies: [
        "Checkout", "Store", "MariaDB", "Payments", "WeChatPay", "TestSupport",
      ], swiftSettings: tests),
    .testTarget(
      name: "OutboxTests", dependencies: ["Outbox", "Payments", "TestSupport"],
      swiftSettings: tests),
    .testTarget(
      name: "GatewayTests",
      dependencies: [
        "Gateway", "Checkout", "Configuration", "Outbox", "Store", "MariaDB", "Payments",
        "WeChatPay", "Server", "TestSupport", "weixinpay",
      ], swiftSettings: tests),
    .testTarget(
      name: "SimulatorTests",
      dependencies: ["Simulator", "Server", "Curl", "TestSupport", logging],
      swiftSettings: tests),
    .testTarget(
      name: "EndToEndTests", dependencies: ["Curl", "MariaDB", "Server", "TestSupport"],
      swiftSettings: tests),
    .testTarget(name: "TidyTests", swiftSettings: tests),
  ]
)

// Built by Tests/fuzz alone: a plain build neither needs FoundationXML nor the fuzzer's runtime.
if Context.environment["WEIXINPAY_FUZZ"] != nil {
  package.targets += [
    .executableTarget(
      name: "differential-fuzz", dependencies: ["TestSupport", "WeChatPay"],
      path: "Tests/FuzzTargets/Differential",
      swiftSettings: tests),
    .target(name: "LibFuzzer", path: "Tests/FuzzTargets/LibFuzzer", swiftSettings: tests),
    .executableTarget(
      name: "flat-xml-fuzz", dependencies: ["LibFuzzer", "WeChatPay", "Payments"],
      path: "Tests/FuzzTargets/FlatXML", swiftSettings: tests),
    .executableTarget(
      name: "fastcgi-fuzz", dependencies: ["LibFuzzer", "FastCGI"],
      path: "Tests/FuzzTargets/FastCGI",
      swiftSettings: tests),
  ]
}

// Built by Tests/bench alone.
if Context.environment["WEIXINPAY_BENCH"] != nil {
  package.targets.append(
    .executableTarget(
      name: "bench",
      dependencies: [
        "Curl", "Linux", "MariaDB", "Payments", "Server", "Store", "TestSupport", "WeChatPay",
        logging,
      ], path: "Tests/BenchTargets", exclude: ["notify.php"], swiftSettings: tests))
}
