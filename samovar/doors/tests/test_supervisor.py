"""What the supervisor does when one of its processes falls."""

from __future__ import annotations

import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

from samovar.doors.supervisor import ANSWER_POLL_S, Supervisor, answers
from samovar.engine.workspace import Workspace


def test_a_fallen_process_is_not_called_ready_by_what_it_said_last(tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path / "w", currency="RUB", timezone="UTC", at_us=0)
    supervisor = Supervisor(workspace, host="127.0.0.1", port=0, roles=["worker"])
    (child,) = supervisor._children
    child.command = [sys.executable, "-c", ""]
    workspace.health_path("worker").write_text('{"ready": true}')
    supervisor._start(child)
    assert child.process is not None
    child.process.wait()
    supervisor._look_after(child)
    assert not workspace.health_path("worker").exists()
    assert child.process.wait() == 0, "it was started again"
    assert child.falls == 1


def test_the_address_is_told_when_the_office_answers_and_no_sooner(tmp_path: Path) -> None:
    asked: list[str] = []

    class Edge(BaseHTTPRequestHandler):
        """Says that the office is starting, twice."""

        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200 if len(asked) > 2 else 503)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Edge) as edge:
        threading.Thread(target=edge.serve_forever, daemon=True).start()
        workspace = Workspace.create(tmp_path / "w", currency="RUB", timezone="UTC", at_us=0)
        told: list[int] = []
        supervisor = Supervisor(workspace, host="0.0.0.0", port=edge.server_port, roles=[])
        supervisor._watch_office(lambda: told.append(len(asked)))
        assert told == [3] and set(asked) == {"/login"}
        waiting = Supervisor(workspace, host="0.0.0.0", port=edge.server_port, roles=["office"])
        watch = threading.Thread(target=waiting._watch_office, args=(lambda: told.append(len(asked)),))
        watch.start()
        time.sleep(3 * ANSWER_POLL_S)
        assert len(asked) == 3, "an office that has told nothing of itself is not asked"
        workspace.health_path("office").write_text("{}")
        watch.join(timeout=10)
        assert told == [3, 4]
        told.pop()
        supervisor._stop.set()
        supervisor._watch_office(lambda: told.append(0))
        assert told == [3], "nothing is told of a house that ends"
        edge.shutdown()
    assert not answers("127.0.0.1", edge.server_port), "nobody listens there any more"
