# As Varnish comes: requests with credentials pass, and Vary is part of the key.
