import CMariaDB
func version() -> Int { Int(mysql_get_client_version()) }
