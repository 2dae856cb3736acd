"""Hear of operations that have ended. Usage: python webhook.py DIR URL PORT; URL is the registered address.

Prints one line for each and ends after the first, to be tried out; a real one goes on.
"""

import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

from lienthong.client import AgencyConfig, AnswerNotTrusted, read_webhook

folder, url, port = sys.argv[1:]
keys = AgencyConfig.load(folder).gateway_keys


class Hook(BaseHTTPRequestHandler):
    """One POST from the gateway."""

    def do_POST(self) -> None:
        """Believe it only with the gateway's signature; then say that it was heard."""
        body = self.rfile.read(min(int(self.headers.get("content-length", 0)), 4096))
        try:
            told = read_webhook(keys, url=url, headers=self.headers.items(), body=body)
        except AnswerNotTrusted:
            self.send_response(401)
        else:
            # Write it down before answering: it is told again until this is a 2xx.
            print(told.operation_id, told.state.name, flush=True)
            self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing."""


HTTPServer(("127.0.0.1", int(port)), Hook).handle_request()
