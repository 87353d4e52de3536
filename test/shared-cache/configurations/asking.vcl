# Harsh, and trusts nothing it holds: it asks the gateway each time whether that is still current.

include "./harsh.vcl";

sub vcl_backend_response {
  if (beresp.http.Cache-Control ~ "(?i:no-cache|no-store|private)" || !beresp.http.ETag) {
    call vcl_beresp_hitmiss;
  }
  set beresp.ttl = 1ms;
  set beresp.grace = 0s;
  set beresp.keep = 1h;
  return (deliver);
}
