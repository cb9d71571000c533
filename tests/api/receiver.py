"""Another program that listens: a real HTTP server which keeps what it was sent and answers as it is told to."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Receiver:
    """`with Receiver() as there:` … `there.taken`: bodies it answered with success; `there.seen`: all, with headers."""

    def __init__(self):
        self.answers, self.seen, self.taken = 200, [], []
        outer = self

        class Listening(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status = outer.answers(self.path, body) if callable(outer.answers) else outer.answers
                outer.seen.append((dict(self.headers), body))
                if 200 <= status < 300:
                    outer.taken.append(json.loads(body) | {"id": self.headers["webhook-id"]})
                self.send_response(status)
                if 300 <= status < 400:
                    self.send_header("Location", f"{outer.url}/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Listening)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/hook"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, args=[0.05], daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def types(self):
        return [each["type"] for each in self.taken]
