#pragma once
#include <curl/curl.h>

// Swift cannot call variadic functions: one function for each type of option and of information.

static inline CURLcode shim_set_number(CURL *handle, CURLoption option, long value) {
  return curl_easy_setopt(handle, option, value);
}

static inline CURLcode shim_set_size(CURL *handle, CURLoption option, curl_off_t value) {
  return curl_easy_setopt(handle, option, value);
}

/// libcurl copies the text of every option that takes one.
static inline CURLcode shim_set_text(CURL *handle, CURLoption option, const char *value) {
  return curl_easy_setopt(handle, option, value);
}

/// For memory that libcurl does not copy: it must live until curl_easy_reset.
static inline CURLcode shim_set_pointer(CURL *handle, CURLoption option, void *value) {
  return curl_easy_setopt(handle, option, value);
}

static inline CURLcode shim_set_callback(
    CURL *handle, CURLoption option, curl_write_callback value) {
  return curl_easy_setopt(handle, option, value);
}

static inline CURLcode shim_set_context_callback(
    CURL *handle, CURLoption option, curl_ssl_ctx_callback value) {
  return curl_easy_setopt(handle, option, value);
}

static inline CURLcode shim_set_socket_callback(
    CURL *handle, CURLoption option, curl_opensocket_callback value) {
  return curl_easy_setopt(handle, option, value);
}

static inline CURLcode shim_set_blob(
    CURL *handle, CURLoption option, const void *bytes, size_t count) {
  struct curl_blob blob = {(void *)bytes, count, CURL_BLOB_COPY};
  return curl_easy_setopt(handle, option, &blob);
}

static inline CURLcode shim_get_number(CURL *handle, CURLINFO information, long *value) {
  return curl_easy_getinfo(handle, information, value);
}

static inline CURLcode shim_get_size(CURL *handle, CURLINFO information, curl_off_t *value) {
  return curl_easy_getinfo(handle, information, value);
}

static inline CURLcode shim_get_text(CURL *handle, CURLINFO information, char **value) {
  return curl_easy_getinfo(handle, information, value);
}
