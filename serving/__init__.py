"""Serving over TF Serving's protocol: the embedded server and the typed client."""
