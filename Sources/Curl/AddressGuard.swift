import CCurl
import Glibc

/// Lets a session connect to addresses of the public internet only.
///
/// libcurl asks it with the very address that it is about to connect to, after the name was looked
/// up: no second look-up can give another answer in between.
///
/// A class, as libcurl keeps its address during the transfer.
final class AddressGuard {
  /// The address that was refused last.
  private(set) var refused: String?

  /// A socket for an address; `CURL_SOCKET_BAD` when it is no public one.
  fileprivate func open(_ address: UnsafeMutablePointer<curl_sockaddr>) -> curl_socket_t {
    guard let name = unsafe numericName(of: address), let host = InternetAddress(name),
      host.isPublic
    else {
      refused = unsafe numericName(of: address) ?? "an address that cannot be read"
      return CURL_SOCKET_BAD
    }
    return unsafe socket(
      address.pointee.family, address.pointee.socktype | Int32(SOCK_CLOEXEC.rawValue),
      address.pointee.protocol)
  }

  private func numericName(of address: UnsafeMutablePointer<curl_sockaddr>) -> String? {
    var name = [CChar](repeating: 0, count: Int(NI_MAXHOST))
    let status = unsafe withUnsafePointer(to: &address.pointee.addr) { pointer in
      unsafe getnameinfo(
        pointer, address.pointee.addrlen, &name, socklen_t(name.count), nil, 0, NI_NUMERICHOST)
    }
    guard status == 0 else { return nil }
    return String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }
}

/// `CURLOPT_OPENSOCKETFUNCTION`, with an `AddressGuard` as its data.
let openSocket: curl_opensocket_callback = { guardian, _, address in
  guard let guardian = unsafe guardian, let address = unsafe address else {
    return CURL_SOCKET_BAD
  }
  return unsafe Unmanaged<AddressGuard>.fromOpaque(guardian).takeUnretainedValue().open(address)
}
