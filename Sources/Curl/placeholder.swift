import CCurl
func start() -> CURLcode { curl_global_init(3) }
