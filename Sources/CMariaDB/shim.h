#pragma once
#include <mysql.h>
#include <ma_pvio.h>

// The library takes timeouts in whole seconds and only before connecting; a deadline is nearer than
// that. The transport below the connection counts in milliseconds and may be told at any time.
static inline void cmariadb_set_patience(MYSQL *connection, int milliseconds) {
  MARIADB_PVIO *transport = connection->net.pvio;
  if (transport) {
    transport->timeout[PVIO_READ_TIMEOUT] = milliseconds;
    transport->timeout[PVIO_WRITE_TIMEOUT] = milliseconds;
  }
}
