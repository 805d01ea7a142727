import CFastCGI
func start() -> Int32 { FCGX_Init() }
