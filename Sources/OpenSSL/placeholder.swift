import COpenSSL
func start() -> Int { EVP_MAX_MD_SIZE.hashValue }
