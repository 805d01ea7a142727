#pragma once
#include <fcgiapp.h>
#include <fcntl.h>
#include <stddef.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

// Declared by glibc for GNU sources only; Swift reads the headers as POSIX sources.
int accept4(int listening, struct sockaddr *address, socklen_t *length, int flags);

// libfcgi marks these two fields private, but has no other way to be given a connection that
// somebody else accepted, nor to be told that a connection serves one request. Should a release
// lay the structure out anew, then the build fails here and not a payment later.
_Static_assert(sizeof(FCGX_Request) == 80, "FCGX_Request is that of libfcgi 2.4.2 on 64 bits");
_Static_assert(offsetof(FCGX_Request, ipcFd) == 48, "ipcFd lies where libfcgi 2.4.2 has it");
_Static_assert(offsetof(FCGX_Request, keepConnection) == 56,
               "keepConnection lies where libfcgi 2.4.2 has it");

/// Gives an accepted connection to the request. `FCGX_Accept_r` then reads from it instead of
/// accepting one of its own; without the second field it would close it first.
static inline void weixinpay_give_connection(FCGX_Request *request, int connection) {
  request->ipcFd = connection;
  request->keepConnection = 1;
}

/// Whatever the peer asked for, the connection ends with its request: bytes after a request would
/// be read as the next one, and an idle connection would hold its thread.
static inline void weixinpay_close_after_request(FCGX_Request *request) {
  request->keepConnection = 0;
}

/// fcntl(2) takes a varying number of arguments, which Swift cannot pass.
static inline int weixinpay_make_nonblocking(int descriptor) {
  return fcntl(descriptor, F_SETFL, O_NONBLOCK);
}

/// Whoever is started later does not inherit the descriptor.
static inline int weixinpay_close_on_exec(int descriptor) {
  return fcntl(descriptor, F_SETFD, FD_CLOEXEC);
}
