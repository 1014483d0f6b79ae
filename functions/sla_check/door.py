"""The door: the scheduler's call, answered with what the sweep did."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from http import HTTPStatus

from flask import Request
from werkzeug import Response

from functions.sla_check.sweep import Sweep
from shared.logs import follow_trace
from shared.web import json_response, problem


@dataclass(frozen=True, slots=True)
class SlaDoor:
    """Answers the function's requests."""

    sweep: Sweep

    def answer(self, request: Request) -> Response:
        """Do one sweep. A step that failed makes the call fail, so that the scheduler's own alert sees it."""
        follow_trace(request.headers)
        if request.method != "POST":
            response = problem(
                HTTPStatus.METHOD_NOT_ALLOWED, "Только POST", "Планировщик вызывает проверку раз в минуту."
            )
            response.headers["Allow"] = "POST"
            return response
        summary = self.sweep.run()
        return self.failed(summary.failed) if summary.failed else json_response(HTTPStatus.OK, asdict(summary))

    @staticmethod
    def failed(steps: Sequence[str]) -> Response:
        """Answer where not everything was done; the next call does it."""
        text = f"Не выполнено: {', '.join(steps)}. Следующий вызов повторит."
        return problem(HTTPStatus.INTERNAL_SERVER_ERROR, "Проверка выполнена не полностью", text)
