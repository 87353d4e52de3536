# As Workers' own cache is: by path and query alone, whoever asks and from wherever. Only Cache-Control is obeyed.

sub vcl_req_authorization {
  return;
}

sub vcl_req_cookie {
  return;
}

sub vcl_hash {
  hash_data(req.url);
  return (lookup);
}

sub vcl_backend_response {
  unset beresp.http.Vary;
}
