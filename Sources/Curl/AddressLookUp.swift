import CCurl
import Glibc

/// Asks the system for the addresses of a name: /etc/hosts, name servers, whatever is set up.
///
/// Wraps `getaddrinfo(3)`.
func lookUpAddresses(of host: String) -> Result<[String], HostNames.Failure> {
  var hints = unsafe addrinfo()
  unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
  var first: UnsafeMutablePointer<addrinfo>?
  let status = unsafe getaddrinfo(host, nil, &hints, &first)
  guard status == 0 else {
    return .failure(.unknown(unsafe String(cString: gai_strerror(status))))
  }
  defer { unsafe freeaddrinfo(first) }
  var addresses: [String] = []
  var entry = unsafe first
  while let found = unsafe entry {
    if let address = unsafe numericName(found.pointee.ai_addr, found.pointee.ai_addrlen),
      // Not one of a neighbour (`fe80::1%eth0`), which libcurl does not take in a list.
      InternetAddress(address) != nil, !addresses.contains(address)
    {
      addresses.append(address)
    }
    unsafe entry = found.pointee.ai_next
  }
  return addresses.isEmpty ? .failure(.unknown("no usable address")) : .success(addresses)
}

private func numericName(_ address: UnsafeMutablePointer<sockaddr>?, _ length: socklen_t) -> String?
{
  var name = [CChar](repeating: 0, count: Int(NI_MAXHOST))
  guard
    unsafe getnameinfo(
      address, length, &name, socklen_t(name.count), nil, 0, NI_NUMERICHOST) == 0
  else { return nil }
  return String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
}
